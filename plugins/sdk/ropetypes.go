package sdk

import (
	"math"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// linear slows every frequency down by one factor.
func (r ropeConfig) linear() []float32 {
	factor := float32(r.required("factor"))
	f := inverse(r.theta, r.dim)
	for i := range f {
		f[i] /= factor
	}
	return f
}

// llama3 slows the low frequencies down, leaves the high ones, and goes smoothly
// from the ones to the others between.
func (r ropeConfig) llama3() []float32 {
	factor := float32(r.required("factor"))
	low, high := r.required("low_freq_factor"), r.required("high_freq_factor")
	if low == high {
		r.fail("high_freq_factor", "is %s as is low_freq_factor, expected another", number(high))
	}
	old := float64(r.original)
	f := inverse(r.theta, r.dim)
	for i, v := range f {
		wavelength := float32(2*math.Pi) / v
		switch {
		case wavelength > float32(old/low):
			f[i] = v / factor
		case wavelength >= float32(old/high):
			smooth := (float32(old)/wavelength - float32(low)) / float32(high-low)
			f[i] = (1-smooth)*v/factor + smooth*v
		}
	}
	return f
}

// dynamic changes the base once a sequence is longer than the model was made for.
func (r ropeConfig) dynamic(rope *archpb.Rope) {
	factor := r.required("factor")
	if r.dim < 4 {
		r.fail("", "of type dynamic needs 4 rotated entries or more, not %d%s", r.dim, r.because)
	}
	rope.Frequencies = frequencies(inverse(r.theta, r.dim), 1)
	rope.DynamicNtk = &archpb.DynamicNTK{Theta: r.theta, Factor: factor, OriginalLength: u32(r.max)}
}

// yarn is "NTK by parts" (arXiv 2309.00071, section 3.2), with attention's magnitude.
func (r ropeConfig) yarn() ([]float32, float64) {
	if r.theta <= 1 {
		r.fail("rope_theta", "is %s, expected a number above 1 with rope_type yarn", number(r.theta))
	}
	factor := float64(r.max) / float64(r.original)
	if !r.Null("factor") {
		factor = r.required("factor")
	}
	fast, slow := r.Float("beta_fast", 0), r.Float("beta_slow", 0)
	if fast == 0 {
		fast = 32
	}
	if slow == 0 {
		slow = 1
	}
	// The entry of a head whose frequency turns so many times in the original length.
	entry := func(turns float64) float64 {
		return float64(r.dim) * math.Log(float64(r.original)/(turns*2*math.Pi)) / (2 * math.Log(r.theta))
	}
	low, high := entry(fast), entry(slow)
	if r.Bool("truncate", !r.Null("truncate")) {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(r.dim-1))
	if math.IsNaN(low) || math.IsNaN(high) {
		r.fail("beta_fast", "is %s and beta_slow %s, expected positive numbers", number(fast), number(slow))
	}
	if low == high {
		high += 0.001
	}
	f := powers(r.theta, r.dim)
	for i, p := range f {
		ramp := (float32(i) - float32(low)) / float32(high-low)
		kept := 1 - min(max(ramp, 0), 1)
		f[i] = 1/(float32(factor)*p)*(1-kept) + 1/p*kept
	}
	return f, r.yarnMagnitude(factor)
}

// yarnMagnitude is what YaRN multiplies cosine and sine by.
func (r ropeConfig) yarnMagnitude(factor float64) float64 {
	if r.Has("attention_factor") {
		return r.required("attention_factor")
	}
	magnitude := func(by float64) float64 {
		if factor <= 1 {
			return 1
		}
		return 0.1*by*math.Log(factor) + 1
	}
	one, all := r.Float("mscale", 0), r.Float("mscale_all_dim", 0)
	if one != 0 && all != 0 {
		return magnitude(one) / magnitude(all)
	}
	return magnitude(1)
}

// longrope divides each frequency by a number of its own, from one list up to the
// original length and from another beyond it (arXiv 2402.13753).
func (r ropeConfig) longrope(rope *archpb.Rope) {
	short, long := r.factors("short_factor"), r.factors("long_factor")
	magnitude := r.longropeMagnitude()
	divided := func(by []float32) *archpb.Frequencies {
		f := powers(r.theta, r.dim)
		for i := range f {
			f[i] = 1 / (by[i] * f[i])
		}
		return frequencies(f, magnitude)
	}
	rope.Frequencies = divided(short)
	rope.Longer = &archpb.Longer{Above: u32(r.original), Frequencies: divided(long)}
}

func (r ropeConfig) longropeMagnitude() float64 {
	if r.Has("attention_factor") {
		return r.required("attention_factor")
	}
	factor := float64(r.max) / float64(r.original)
	if r.Has("factor") {
		factor = r.required("factor")
	}
	if factor <= 1 {
		return 1
	}
	return math.Sqrt(1 + math.Log(factor)/math.Log(float64(r.original)))
}

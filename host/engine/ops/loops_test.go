package ops

import (
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
)

// both are the loops of this build and processor, and the portable ones.
func both(t *testing.T, test func(t *testing.T, v vectors)) {
	t.Helper()
	t.Run("fastest", func(t *testing.T) { test(t, fastest()) })
	t.Run("portable", func(t *testing.T) { test(t, portable()) })
}

var lengths = []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 40, 255, 256, 257, 512, 513, 600, 5000}

func normal(seed uint64, n int, scale float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() * scale)
	}
	return x
}

// ulps is how many float32 lie between a value and what it should be.
func ulps(got float32, want float64) float64 {
	w := float32(want)
	switch {
	case got == w || got != got && w != w:
		return 0
	case got != got || w != w || math.IsInf(float64(got), 0) || math.IsInf(float64(w), 0):
		return math.Inf(1)
	}
	next := math.Nextafter32(float32(math.Abs(want)), float32(math.Inf(1)))
	return math.Abs(float64(got)-want) / (float64(next) - float64(float32(math.Abs(want))))
}

// special are entries at which functions change their ways.
func special() []float32 {
	inf := float32(math.Inf(1))
	x := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()), math.SmallestNonzeroFloat32,
		-math.SmallestNonzeroFloat32, 1e-39, -1e-39, math.MaxFloat32, -math.MaxFloat32, -1e30,
		88.72283, 88.72284, 88.8, 89, 90, -87, -87.3, -87.4, -88, -95, -103, -103.9, -103.97, -104, -104.1, 0.625, -0.625}
	for v := float32(-110); v < 95; v += 0.0371 {
		x = append(x, v)
	}
	for v := float32(1e-10); v < 1; v *= 1.1 {
		x = append(x, v, -v)
	}
	return x
}

func TestFunctionsAreWithinAFewUlps(t *testing.T) {
	logistic := func(x float64) float64 {
		if x < 0 {
			return math.Exp(x) / (1 + math.Exp(x))
		}
		return 1 / (1 + math.Exp(-x))
	}
	both(t, func(t *testing.T, v vectors) {
		for name, f := range map[string]struct {
			loop func(dst, x []float32)
			want func(float64) float64
			most float64
		}{"exp": {v.exp, math.Exp, 2}, "logistic": {v.logistic, logistic, 3}, "tanh": {v.tanh, math.Tanh, 3}, "erf": {v.erf, math.Erf, 6}} {
			x := append(special(), normal(1, 5000, 4)...)
			got := make([]float32, len(x))
			f.loop(got, x)
			var worst float64
			for i := range x {
				u := ulps(got[i], f.want(float64(x[i])))
				if worst = max(worst, u); !(u <= f.most) {
					t.Errorf("%s(%v) = %v, want %v: %.1f ulps", name, x[i], got[i], f.want(float64(x[i])), u)
				}
			}
			t.Logf("%s: at most %.2f ulps", name, worst)
		}
	})
}

func TestFunctionsOfAnyLengthWriteNothingElseAndWorkInPlace(t *testing.T) {
	both(t, func(t *testing.T, v vectors) {
		for name, loop := range map[string]func(dst, x []float32){
			"exp": v.exp, "logistic": v.logistic, "tanh": v.tanh, "erf": v.erf, "softmax": v.softmax,
		} {
			for _, n := range lengths {
				if n == 0 && name == "softmax" {
					continue
				}
				x := normal(uint64(n), n+3, 2)[3:]
				around := slices.Repeat([]float32{sentinel}, n+2)
				loop(around[1:n+1], x)
				if around[0] != sentinel || around[n+1] != sentinel {
					t.Fatalf("%s of %d entries writes around them", name, n)
				}
				loop(x, x)
				if !slices.Equal(x, around[1:n+1]) {
					t.Fatalf("%s of %d entries is another in place", name, n)
				}
			}
		}
	})
}

const sentinel = 12345

func TestArithmeticOfAnyLengthIsFloat32s(t *testing.T) {
	want := map[string]func(a, b float32) float32{
		"add": func(a, b float32) float32 { return a + b }, "sub": func(a, b float32) float32 { return a - b },
		"mul": func(a, b float32) float32 { return a * b }, "div": func(a, b float32) float32 { return a / b },
	}
	both(t, func(t *testing.T, v vectors) {
		for name, loop := range map[string]func(dst, a, b []float32){"add": v.add, "sub": v.sub, "mul": v.mul, "div": v.div} {
			for _, n := range lengths {
				for _, ones := range [][2]bool{{false, false}, {true, false}, {false, true}} {
					a, b := normal(1, n+1, 1)[1:], normal(2, n+2, 1)[2:]
					if ones[0] {
						a = []float32{1.5}
					}
					if ones[1] {
						b = []float32{-0.7}
					}
					around := slices.Repeat([]float32{sentinel}, n+2)
					dst := around[1 : n+1]
					loop(dst, a, b)
					for i, got := range dst {
						if w := want[name](a[i%len(a)], b[i%len(b)]); got != w {
							t.Fatalf("%s %v, entry %d of %d: %v, want %v", name, ones, i, n, got, w)
						}
					}
					if around[0] != sentinel || around[n+1] != sentinel {
						t.Fatalf("%s of %d entries writes around them", name, n)
					}
				}
			}
		}
	})
}

func TestSoftmaxOfARowIsClosedFormInFloat64(t *testing.T) {
	both(t, func(t *testing.T, v vectors) {
		for _, n := range lengths[1:] {
			x := normal(uint64(n), n, 5)
			for i := range x {
				// Some entries here and there, and all of the second half.
				if i%3 == 1 || i > n/2 {
					x[i] = -1e30
				}
			}
			most, sum := math.Inf(-1), 0.0
			for _, e := range x {
				most = max(most, float64(e))
			}
			for _, e := range x {
				sum += math.Exp(float64(e) - most)
			}
			got := make([]float32, n)
			v.softmax(got, x)
			for i, e := range x {
				want := math.Exp(float64(e)-most) / sum
				// The difference most - x is rounded before its exponential is taken.
				relative := (most - float64(e) + 16) / (1 << 24)
				if d := math.Abs(float64(got[i]) - want); !(d <= min(relative, 1)*want+1e-37) {
					t.Fatalf("%d of %d: %v, want %v", i, n, got[i], want)
				}
			}
		}
	})
}

func TestSoftmaxWithNaNOrOfInfinitiesIsNaN(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	both(t, func(t *testing.T, v vectors) {
		for _, n := range []int{1, 8, 13, 30} {
			for at := range n {
				for _, bad := range []float32{nan, inf} {
					x := normal(1, n, 1)
					x[at] = bad
					v.softmax(x, x)
					if x[at] == x[at] {
						t.Errorf("%d of %d is %v: gives %v", at, n, bad, x[at])
					}
				}
			}
			x := slices.Repeat([]float32{-inf}, n)
			v.softmax(x, x)
			if x[0] == x[0] || x[n-1] == x[n-1] {
				t.Errorf("%d times -Inf: %v", n, x)
			}
		}
	})
}

func TestSumAndLargestOfARow(t *testing.T) {
	both(t, func(t *testing.T, v vectors) {
		for _, n := range lengths {
			x := normal(uint64(n), n, 1)
			sum, size, most := 0.0, 0.0, math.Inf(-1)
			for _, e := range x {
				sum, size, most = sum+float64(e), size+math.Abs(float64(e)), max(most, float64(e))
			}
			if got := v.sum(x); !(math.Abs(float64(got)-sum) <= size*float64(min(n, block)/8+n/block+4)/(1<<24)) {
				t.Errorf("sum of %d: %v, want %v", n, got, sum)
			}
			if got := v.max(x); float64(got) != most {
				t.Errorf("largest of %d: %v, want %v", n, got, most)
			}
			for at := range x {
				was := x[at]
				x[at] = float32(math.NaN())
				if got := v.max(x); got == got {
					t.Errorf("entry %d of %d is NaN, the largest %v", at, n, got)
				}
				x[at] = was
			}
		}
	})
}

func TestTurnTransposesEightByEight(t *testing.T) {
	both(t, func(t *testing.T, v vectors) {
		src := normal(1, 7*11+8, 1)
		dst := slices.Repeat([]float32{sentinel}, 7*13+8)
		v.turn(dst, 13, src, 11)
		for i, got := range dst {
			row, col := i/13, i%13
			want := float32(sentinel)
			if col < 8 {
				want = src[col*11+row]
			}
			if got != want {
				t.Fatalf("[%d, %d] = %v, want %v", row, col, got, want)
			}
		}
	})
}

// Times are the CPU's: a machine may be shared.
func BenchmarkLoops(b *testing.B) {
	v := fastest()
	const n = 1536
	x, y, dst := normal(1, n, 2), normal(2, n, 1), make([]float32, n)
	masked := append(slices.Clone(x[:84]), slices.Repeat([]float32{-1e30}, 84)...)
	for _, c := range []struct {
		name string
		n    int
		f    func()
	}{
		{"mul", n, func() { v.mul(dst, x, y) }}, {"mul by one", n, func() { v.mul(dst, x, y[:1]) }},
		{"exp", n, func() { v.exp(dst, x) }}, {"logistic", n, func() { v.logistic(dst, x) }},
		{"tanh", n, func() { v.tanh(dst, x) }}, {"erf", n, func() { v.erf(dst, x) }}, {"softmax", n, func() { v.softmax(dst, x) }},
		{"softmax of 168", 168, func() { v.softmax(dst[:168], x[:168]) }},
		{"softmax of 168, half masked", 168, func() { v.softmax(dst[:168], masked) }},
		{"max", n, func() { v.max(x) }}, {"sum", n, func() { v.sum(x) }},
		{"turn", 64, func() { v.turn(dst, 64, x, 64) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			before := cpuSeconds()
			for b.Loop() {
				c.f()
			}
			b.ReportMetric((cpuSeconds()-before)*1e9/float64(b.N)/float64(c.n), "cpu-ns/entry")
		})
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

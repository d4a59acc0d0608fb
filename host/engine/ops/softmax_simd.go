//go:build goexperiment.simd && amd64

package ops

import (
	"math"

	"simd/archsimd"
)

// softmaxRow is portableSoftmax.
func softmaxRow(dst, x []float32) {
	x = x[:len(dst)]
	d, v := eights(dst), eights(x)
	whole := lanes * len(d)
	most := repeated(float32(math.Inf(-1)))
	for i := range v {
		most = most.Max(archsimd.LoadFloat32x8(&v[i]))
	}
	// Past the end of the row lies -Inf, which adds nothing.
	var rest [1][lanes]float32
	over := copy(rest[0][:], x[whole:])
	if over > 0 {
		for i := over; i < lanes; i++ {
			rest[0][i] = float32(math.Inf(-1))
		}
		most = most.Max(archsimd.LoadFloat32x8(&rest[0]))
	}
	largest := largestOf(most)
	sum := expBelow(d, v, largest)
	if over > 0 {
		sum = sum.Add(expBelow(rest[:], rest[:], largest))
	}
	var each [lanes]float32
	sum.Store(&each)
	archsimd.ClearAVXUpperBits()
	share := 1 / total(each)
	scale := repeated(share)
	for i := range d {
		archsimd.LoadFloat32x8(&d[i]).Mul(scale).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	for i, v := range rest[0][:over] {
		dst[whole+i] = v * share
	}
}

// largestOf is the largest of eight entries, in every lane. Where one is NaN, it is any:
// the softmax is NaN all the same.
func largestOf(v archsimd.Float32x8) archsimd.Float32x8 {
	v = v.Max(v.Select128FromPair(1, 0, v))
	v = v.Max(v.SelectFromPairGrouped(2, 3, 4, 5, v))
	return v.Max(v.SelectFromPairGrouped(1, 0, 7, 6, v))
}

// below are the numbers that expBelow needs: rows may be short.
var below = struct {
	lowest, perLn2, hi, lo, one [lanes]float32
	p2, p3, p4, p5, p6, p7      [lanes]float32
}{
	eight(expNormal), eight(log2E), eight(-ln2Hi), eight(-ln2Lo), eight(1),
	eight(exp2), eight(exp3), eight(exp4), eight(exp5), eight(exp6), eight(exp7),
}

func eight(x float32) [lanes]float32 { return [lanes]float32{x, x, x, x, x, x, x, x} }

// expBelow writes exp(x - most), no entry of x above most, 0 where it is denormal, and
// returns the sum, in eight.
func expBelow(dst, x [][lanes]float32, most archsimd.Float32x8) archsimd.Float32x8 {
	c := &below
	lowest, perLn2 := archsimd.LoadFloat32x8(&c.lowest), archsimd.LoadFloat32x8(&c.perLn2)
	hi, lo := archsimd.LoadFloat32x8(&c.hi), archsimd.LoadFloat32x8(&c.lo)
	one, p2, p3 := archsimd.LoadFloat32x8(&c.one), archsimd.LoadFloat32x8(&c.p2), archsimd.LoadFloat32x8(&c.p3)
	p4, p5 := archsimd.LoadFloat32x8(&c.p4), archsimd.LoadFloat32x8(&c.p5)
	p6, p7 := archsimd.LoadFloat32x8(&c.p6), archsimd.LoadFloat32x8(&c.p7)
	var zero, sum archsimd.Float32x8
	// In place of adding 127 to n: the bits of 1 are 127 << 23.
	oneBits := one.AsInt32x8()
	all := zero.Equal(zero).ToInt32x8()
	x = x[:len(dst)]
	for i := range dst {
		v := archsimd.LoadFloat32x8(&x[i]).Sub(most)
		gone := v.Less(lowest)
		// Causal attention masks whole vectors.
		if all.AndNot(gone.ToInt32x8()).IsZero() {
			zero.Store(&dst[i])
			continue
		}
		n := v.Mul(perLn2).RoundToEven()
		g := n.MulAdd(lo, n.MulAdd(hi, v))
		p := p7.MulAdd(g, p6).MulAdd(g, p5).MulAdd(g, p4).MulAdd(g, p3).MulAdd(g, p2)
		p = p.MulAdd(g.Mul(g), g).Add(one)
		p = p.Mul(n.ConvertToInt32().ShiftAllLeft(23).Add(oneBits).AsFloat32x8())
		p = zero.Merge(p, gone) // whatever came of them
		sum = sum.Add(p)
		p.Store(&dst[i])
	}
	return sum
}

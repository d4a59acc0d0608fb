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
	// Past the end of the row lies -Inf, which adds nothing.
	whole := lanes * len(d)
	var rest [1][lanes]float32
	for i := copy(rest[0][:], x[whole:]); i < lanes; i++ {
		rest[0][i] = float32(math.Inf(-1))
	}
	most := archsimd.LoadFloat32x8(&rest[0])
	for i := range v {
		most = most.Max(archsimd.LoadFloat32x8(&v[i]))
	}
	var each [lanes]float32
	most.Store(&each)
	largest := each[0]
	for _, v := range each[1:] {
		if v > largest {
			largest = v
		}
	}
	share := 1 / (expBelow(d, v, largest) + expBelow(rest[:], rest[:], largest))
	scale := repeated(share)
	for i := range d {
		archsimd.LoadFloat32x8(&d[i]).Mul(scale).Store(&d[i])
	}
	archsimd.ClearAVXUpperBits()
	for i, v := range rest[0][:len(dst)-whole] {
		dst[whole+i] = v * share
	}
}

// expBelow writes exp(x - most), no entry of x above most, 0 where it is denormal, and
// returns the sum.
func expBelow(dst, x [][lanes]float32, most float32) float32 {
	top, lowest := repeated(most), repeated(expNormal)
	perLn2, hi, lo := repeated(log2E), repeated(-ln2Hi), repeated(-ln2Lo)
	zero, one, bias := repeated(0), repeated(1), archsimd.BroadcastInt32x8(127)
	p2, p3, p4, p5, p6, p7 := repeated(exp2), repeated(exp3), repeated(exp4), repeated(exp5), repeated(exp6), repeated(exp7)
	none := zero.Equal(zero).ToInt32x8()
	sum := zero
	x = x[:len(dst)]
	for i := range dst {
		v := archsimd.LoadFloat32x8(&x[i]).Sub(top)
		gone := v.Less(lowest)
		// Causal attention masks whole vectors.
		if none.AndNot(gone.ToInt32x8()).IsZero() {
			zero.Store(&dst[i])
			continue
		}
		n := v.Mul(perLn2).RoundToEven()
		g := n.MulAdd(lo, n.MulAdd(hi, v))
		p := p7.MulAdd(g, p6).MulAdd(g, p5).MulAdd(g, p4).MulAdd(g, p3).MulAdd(g, p2)
		p = p.MulAdd(g.Mul(g), g).Add(one)
		p = p.Mul(n.ConvertToInt32().Add(bias).ShiftAllLeft(23).AsFloat32x8())
		p = zero.Merge(p, gone) // whatever came of them
		sum = sum.Add(p)
		p.Store(&dst[i])
	}
	var each [lanes]float32
	sum.Store(&each)
	return total(each)
}

//go:build goexperiment.simd && amd64

package ops

import "simd/archsimd"

// erf is portableErf.
func erf(dst, x []float32) { byEights(dst, x, erfEights) }

func erfEights(dst, x [][lanes]float32) {
	lowest, highest, minusOne, one := repeated(-erfOne), repeated(erfOne), repeated(-1), repeated(1)
	p0, p1, p2, p3 := repeated(erfP0), repeated(erfP1), repeated(erfP2), repeated(erfP3)
	p4, p5, p6 := repeated(erfP4), repeated(erfP5), repeated(erfP6)
	q0, q1, q2, q3, q4 := repeated(erfQ0), repeated(erfQ1), repeated(erfQ2), repeated(erfQ3), repeated(erfQ4)
	x = x[:len(dst)]
	for i := range dst {
		in := archsimd.LoadFloat32x8(&x[i])
		v := in.Max(lowest).Min(highest)
		s := v.Mul(v)
		p := p6.MulAdd(s, p5).MulAdd(s, p4).MulAdd(s, p3).MulAdd(s, p2).MulAdd(s, p1).MulAdd(s, p0)
		q := q4.MulAdd(s, q3).MulAdd(s, q2).MulAdd(s, q1).MulAdd(s, q0)
		in.Merge(v.Mul(p.Div(q)).Max(minusOne).Min(one), in.IsNaN()).Store(&dst[i])
	}
	archsimd.ClearAVXUpperBits()
}

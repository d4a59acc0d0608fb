//go:build goexperiment.simd && amd64

package ops

import (
	"math"

	"simd/archsimd"
)

// maxVector is portableMax.
func maxVector(x []float32) float32 {
	v := eights(x)
	most := repeated(float32(math.Inf(-1)))
	nan := most.IsNaN()
	for i := range v {
		e := archsimd.LoadFloat32x8(&v[i])
		most = most.Max(e)
		nan = nan.Or(e.IsNaN())
	}
	bad := !nan.ToInt32x8().IsZero()
	var each [lanes]float32
	most.Store(&each)
	archsimd.ClearAVXUpperBits()
	if bad {
		return float32(math.NaN())
	}
	return max(portableMax(each[:]), portableMax(x[lanes*len(v):]))
}

// sumVector is portableSum.
func sumVector(x []float32) float32 {
	var sum float32
	for ; len(x) > block; x = x[block:] {
		sum += sumBlock(x[:block])
	}
	return sum + sumBlock(x)
}

// sumBlock ends its vectors before it goes on: scalars after them are slow.
func sumBlock(x []float32) float32 {
	v := eights(x)
	var sum archsimd.Float32x8
	for i := range v {
		sum = sum.Add(archsimd.LoadFloat32x8(&v[i]))
	}
	var each [lanes]float32
	sum.Store(&each)
	archsimd.ClearAVXUpperBits()
	for i, e := range x[lanes*len(v):] {
		each[i] += e
	}
	return total(each)
}

// turn is portableTurn: first 2 x 2 of pairs of columns in each half, then of halves.
func turn(dst []float32, dstStride int, src []float32, srcStride int) {
	row := func(i int) *[lanes]float32 { return (*[lanes]float32)(src[i*srcStride:]) }
	r0, r1, r2, r3 := archsimd.LoadFloat32x8(row(0)), archsimd.LoadFloat32x8(row(1)), archsimd.LoadFloat32x8(row(2)), archsimd.LoadFloat32x8(row(3))
	r4, r5, r6, r7 := archsimd.LoadFloat32x8(row(4)), archsimd.LoadFloat32x8(row(5)), archsimd.LoadFloat32x8(row(6)), archsimd.LoadFloat32x8(row(7))

	x, y := r0.SelectFromPairGrouped(0, 1, 4, 5, r1), r2.SelectFromPairGrouped(0, 1, 4, 5, r3)
	a0, a1 := x.SelectFromPairGrouped(0, 2, 4, 6, y), x.SelectFromPairGrouped(1, 3, 5, 7, y)
	x, y = r0.SelectFromPairGrouped(2, 3, 6, 7, r1), r2.SelectFromPairGrouped(2, 3, 6, 7, r3)
	a2, a3 := x.SelectFromPairGrouped(0, 2, 4, 6, y), x.SelectFromPairGrouped(1, 3, 5, 7, y)
	x, y = r4.SelectFromPairGrouped(0, 1, 4, 5, r5), r6.SelectFromPairGrouped(0, 1, 4, 5, r7)
	b0, b1 := x.SelectFromPairGrouped(0, 2, 4, 6, y), x.SelectFromPairGrouped(1, 3, 5, 7, y)
	x, y = r4.SelectFromPairGrouped(2, 3, 6, 7, r5), r6.SelectFromPairGrouped(2, 3, 6, 7, r7)
	b2, b3 := x.SelectFromPairGrouped(0, 2, 4, 6, y), x.SelectFromPairGrouped(1, 3, 5, 7, y)

	column := func(i int) *[lanes]float32 { return (*[lanes]float32)(dst[i*dstStride:]) }
	a0.Select128FromPair(0, 2, b0).Store(column(0))
	a1.Select128FromPair(0, 2, b1).Store(column(1))
	a2.Select128FromPair(0, 2, b2).Store(column(2))
	a3.Select128FromPair(0, 2, b3).Store(column(3))
	a0.Select128FromPair(1, 3, b0).Store(column(4))
	a1.Select128FromPair(1, 3, b1).Store(column(5))
	a2.Select128FromPair(1, 3, b2).Store(column(6))
	a3.Select128FromPair(1, 3, b3).Store(column(7))
	archsimd.ClearAVXUpperBits()
}

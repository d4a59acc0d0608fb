//go:build goexperiment.simd && amd64

package ops

import (
	"math"

	"simd/archsimd"
)

// maxVector is portableMax.
func maxVector(x []float32) float32 {
	lowest := archsimd.BroadcastFloat32x8(float32(math.Inf(-1)))
	a, b, nan := lowest, lowest, lowest.IsNaN()
	i := 0
	for ; i+2*lanes <= len(x); i += 2 * lanes {
		v, w := load(x, i), load(x, i+lanes)
		a, b = a.Max(v), b.Max(w)
		nan = nan.Or(v.IsNaN()).Or(w.IsNaN())
	}
	bad := !nan.ToInt32x8().IsZero()
	var each [lanes]float32
	a.Max(b).Store(&each)
	archsimd.ClearAVXUpperBits()
	if bad {
		return float32(math.NaN())
	}
	return max(portableMax(each[:]), portableMax(x[i:]))
}

// sumVector is portableSum.
func sumVector(x []float32) float32 {
	sum := archsimd.BroadcastFloat32x8(0)
	i := 0
	for ; i+lanes <= len(x); i += lanes {
		sum = sum.Add(load(x, i))
	}
	var each [lanes]float32
	sum.Store(&each)
	archsimd.ClearAVXUpperBits()
	for j, v := range x[i:] {
		each[j] += v
	}
	return total(each)
}

// turn is portableTurn.
func turn(dst []float32, dstStride int, src []float32, srcStride int) {
	r0, r1 := load(src, 0), load(src, srcStride)
	r2, r3 := load(src, 2*srcStride), load(src, 3*srcStride)
	r4, r5 := load(src, 4*srcStride), load(src, 5*srcStride)
	r6, r7 := load(src, 6*srcStride), load(src, 7*srcStride)
	// 2 x 2 of pairs of columns, then of halves.
	a0, a1 := pairs(r0, r1, r2, r3)
	a2, a3 := upperPairs(r0, r1, r2, r3)
	b0, b1 := pairs(r4, r5, r6, r7)
	b2, b3 := upperPairs(r4, r5, r6, r7)
	a0.Select128FromPair(0, 2, b0).StoreSlice(dst[:lanes])
	a1.Select128FromPair(0, 2, b1).StoreSlice(dst[dstStride:][:lanes])
	a2.Select128FromPair(0, 2, b2).StoreSlice(dst[2*dstStride:][:lanes])
	a3.Select128FromPair(0, 2, b3).StoreSlice(dst[3*dstStride:][:lanes])
	a0.Select128FromPair(1, 3, b0).StoreSlice(dst[4*dstStride:][:lanes])
	a1.Select128FromPair(1, 3, b1).StoreSlice(dst[5*dstStride:][:lanes])
	a2.Select128FromPair(1, 3, b2).StoreSlice(dst[6*dstStride:][:lanes])
	a3.Select128FromPair(1, 3, b3).StoreSlice(dst[7*dstStride:][:lanes])
	archsimd.ClearAVXUpperBits()
}

// pairs are the first and the second column of four rows, in each half.
func pairs(r0, r1, r2, r3 archsimd.Float32x8) (a, b archsimd.Float32x8) {
	x, y := r0.SelectFromPairGrouped(0, 1, 4, 5, r1), r2.SelectFromPairGrouped(0, 1, 4, 5, r3)
	return x.SelectFromPairGrouped(0, 2, 4, 6, y), x.SelectFromPairGrouped(1, 3, 5, 7, y)
}

// upperPairs are the third and the fourth.
func upperPairs(r0, r1, r2, r3 archsimd.Float32x8) (a, b archsimd.Float32x8) {
	x, y := r0.SelectFromPairGrouped(2, 3, 6, 7, r1), r2.SelectFromPairGrouped(2, 3, 6, 7, r3)
	return x.SelectFromPairGrouped(0, 2, 4, 6, y), x.SelectFromPairGrouped(1, 3, 5, 7, y)
}

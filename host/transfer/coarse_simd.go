//go:build goexperiment.simd && amd64

package transfer

import (
	"math"
	"simd/archsimd"
)

// addUnits is portableAddUnits.
func addUnits(sums []float64, row []float32, units float64) {
	n := 0
	if vectorised {
		n = len(row) &^ 3
		addUnits4(sums[:n], row[:n], units)
	}
	portableAddUnits(sums[n:], row[n:], units)
}

func addUnits4(sums []float64, row []float32, units float64) {
	n := len(row)
	sums = sums[:n]
	u, w := archsimd.BroadcastFloat64x4(units), archsimd.BroadcastFloat64x4(rounder)
	for j := 0; j <= n-4; j += 4 {
		v := archsimd.LoadFloat32x4Slice(row[j : j+4]).ConvertToFloat64()
		v = v.MulAdd(u, w).Sub(w)
		archsimd.LoadFloat64x4Slice(sums[j : j+4]).Add(v).StoreSlice(sums[j : j+4])
	}
}

// extremesOf is portableExtremesOf.
func extremesOf(row []float32) extremes {
	if !vectorised || len(row) < 8 {
		return portableExtremesOf(row)
	}
	n := len(row)
	below, one := archsimd.BroadcastUint32x8(math.MaxUint32), archsimd.BroadcastUint32x8(1)
	least, largest := archsimd.BroadcastInt32x8(0), archsimd.BroadcastInt32x8(math.MinInt32)
	j := 0
	for ; j <= n-8; j += 8 {
		v := archsimd.LoadFloat32x8Slice(row[j : j+8])
		below = below.Min(v.AsUint32x8().Sub(one))
		least, largest = least.Min(v.AsInt32x8()), largest.Max(v.AsInt32x8())
	}
	var b [8]uint32
	var l, h [8]int32
	below.Store(&b)
	least.Store(&l)
	largest.Store(&h)
	x := portableExtremesOf(row[j:])
	for i := range b {
		x = x.with(extremes{b[i], l[i], h[i]})
	}
	return x
}

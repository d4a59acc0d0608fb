//go:build goexperiment.simd && amd64

package transfer

import "simd/archsimd"

// dots64 adds the rows' products with two vectors to ya and yb. It is a function of its own
// so that all its sums stay in registers.
//
//go:noinline
func dots64(r0, r1, r2, r3 []float32, xa, xb []float64, ya, yb *[4]float64) {
	n := len(r0)
	r1, r2, r3, xa, xb = r1[:n], r2[:n], r3[:n], xa[:n], xb[:n]
	var a0, a1, a2, a3, b0, b1, b2, b3 archsimd.Float64x4
	for j := 0; j <= n-4; j += 4 {
		a, b := archsimd.LoadFloat64x4Slice(xa[j:j+4]), archsimd.LoadFloat64x4Slice(xb[j:j+4])
		w := archsimd.LoadFloat32x4Slice(r0[j : j+4]).ConvertToFloat64()
		a0, b0 = w.MulAdd(a, a0), w.MulAdd(b, b0)
		w = archsimd.LoadFloat32x4Slice(r1[j : j+4]).ConvertToFloat64()
		a1, b1 = w.MulAdd(a, a1), w.MulAdd(b, b1)
		w = archsimd.LoadFloat32x4Slice(r2[j : j+4]).ConvertToFloat64()
		a2, b2 = w.MulAdd(a, a2), w.MulAdd(b, b2)
		w = archsimd.LoadFloat32x4Slice(r3[j : j+4]).ConvertToFloat64()
		a3, b3 = w.MulAdd(a, a3), w.MulAdd(b, b3)
	}
	low, high := a0.AddPairsGrouped(a1), a2.AddPairsGrouped(a3)
	a := low.Select128FromPair(0, 2, high).Add(low.Select128FromPair(1, 3, high))
	archsimd.LoadFloat64x4(ya).Add(a).Store(ya)
	low, high = b0.AddPairsGrouped(b1), b2.AddPairsGrouped(b3)
	b := low.Select128FromPair(0, 2, high).Add(low.Select128FromPair(1, 3, high))
	archsimd.LoadFloat64x4(yb).Add(b).Store(yb)
}

// combine64 adds the rows, times what fa and fb say, to ya and yb.
//
//go:noinline
func combine64(r0, r1, r2, r3 []float32, ya, yb []float64, fa, fb *[4]float64) {
	n := len(r0)
	r1, r2, r3, ya, yb = r1[:n], r2[:n], r3[:n], ya[:n], yb[:n]
	a0, a1 := archsimd.BroadcastFloat64x4(fa[0]), archsimd.BroadcastFloat64x4(fa[1])
	a2, a3 := archsimd.BroadcastFloat64x4(fa[2]), archsimd.BroadcastFloat64x4(fa[3])
	b0, b1 := archsimd.BroadcastFloat64x4(fb[0]), archsimd.BroadcastFloat64x4(fb[1])
	b2, b3 := archsimd.BroadcastFloat64x4(fb[2]), archsimd.BroadcastFloat64x4(fb[3])
	for j := 0; j <= n-4; j += 4 {
		a, b := archsimd.LoadFloat64x4Slice(ya[j:j+4]), archsimd.LoadFloat64x4Slice(yb[j:j+4])
		w := archsimd.LoadFloat32x4Slice(r0[j : j+4]).ConvertToFloat64()
		a, b = w.MulAdd(a0, a), w.MulAdd(b0, b)
		w = archsimd.LoadFloat32x4Slice(r1[j : j+4]).ConvertToFloat64()
		a, b = w.MulAdd(a1, a), w.MulAdd(b1, b)
		w = archsimd.LoadFloat32x4Slice(r2[j : j+4]).ConvertToFloat64()
		a, b = w.MulAdd(a2, a), w.MulAdd(b2, b)
		w = archsimd.LoadFloat32x4Slice(r3[j : j+4]).ConvertToFloat64()
		a, b = w.MulAdd(a3, a), w.MulAdd(b3, b)
		a.StoreSlice(ya[j : j+4])
		b.StoreSlice(yb[j : j+4])
	}
}

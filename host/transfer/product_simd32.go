//go:build goexperiment.simd && amd64

package transfer

import "simd/archsimd"

// dots32 adds the rows' products with two vectors to ya and yb. It is a function of its own
// so that all its sums stay in registers.
//
//go:noinline
func dots32(r0, r1, r2, r3 []float32, xa, xb []float32, ya, yb *[4]float32) {
	n := len(r0)
	r1, r2, r3, xa, xb = r1[:n], r2[:n], r3[:n], xa[:n], xb[:n]
	var a0, a1, a2, a3, b0, b1, b2, b3 archsimd.Float32x8
	for j := 0; j <= n-8; j += 8 {
		a, b := archsimd.LoadFloat32x8Slice(xa[j:j+8]), archsimd.LoadFloat32x8Slice(xb[j:j+8])
		w := archsimd.LoadFloat32x8Slice(r0[j : j+8])
		a0, b0 = w.MulAdd(a, a0), w.MulAdd(b, b0)
		w = archsimd.LoadFloat32x8Slice(r1[j : j+8])
		a1, b1 = w.MulAdd(a, a1), w.MulAdd(b, b1)
		w = archsimd.LoadFloat32x8Slice(r2[j : j+8])
		a2, b2 = w.MulAdd(a, a2), w.MulAdd(b, b2)
		w = archsimd.LoadFloat32x8Slice(r3[j : j+8])
		a3, b3 = w.MulAdd(a, a3), w.MulAdd(b, b3)
	}
	a := a0.AddPairsGrouped(a1).AddPairsGrouped(a2.AddPairsGrouped(a3))
	b := b0.AddPairsGrouped(b1).AddPairsGrouped(b2.AddPairsGrouped(b3))
	archsimd.LoadFloat32x4(ya).Add(a.GetLo().Add(a.GetHi())).Store(ya)
	archsimd.LoadFloat32x4(yb).Add(b.GetLo().Add(b.GetHi())).Store(yb)
}

// combine32 adds the rows, times what fa and fb say, to ya and yb.
//
//go:noinline
func combine32(r0, r1, r2, r3 []float32, ya, yb []float32, fa, fb *[4]float32) {
	n := len(r0)
	r1, r2, r3, ya, yb = r1[:n], r2[:n], r3[:n], ya[:n], yb[:n]
	a0, a1 := archsimd.BroadcastFloat32x8(fa[0]), archsimd.BroadcastFloat32x8(fa[1])
	a2, a3 := archsimd.BroadcastFloat32x8(fa[2]), archsimd.BroadcastFloat32x8(fa[3])
	b0, b1 := archsimd.BroadcastFloat32x8(fb[0]), archsimd.BroadcastFloat32x8(fb[1])
	b2, b3 := archsimd.BroadcastFloat32x8(fb[2]), archsimd.BroadcastFloat32x8(fb[3])
	for j := 0; j <= n-8; j += 8 {
		a, b := archsimd.LoadFloat32x8Slice(ya[j:j+8]), archsimd.LoadFloat32x8Slice(yb[j:j+8])
		w := archsimd.LoadFloat32x8Slice(r0[j : j+8])
		a, b = w.MulAdd(a0, a), w.MulAdd(b0, b)
		w = archsimd.LoadFloat32x8Slice(r1[j : j+8])
		a, b = w.MulAdd(a1, a), w.MulAdd(b1, b)
		w = archsimd.LoadFloat32x8Slice(r2[j : j+8])
		a, b = w.MulAdd(a2, a), w.MulAdd(b2, b)
		w = archsimd.LoadFloat32x8Slice(r3[j : j+8])
		a, b = w.MulAdd(a3, a), w.MulAdd(b3, b)
		a.StoreSlice(ya[j : j+8])
		b.StoreSlice(yb[j : j+8])
	}
}

//go:build goexperiment.simd && amd64

package transfer

import "simd/archsimd"

// vectorised says that the CPU has what the tiles below need: AVX2 and fused
// multiply-add.
var vectorised = archsimd.X86.AVX2() && archsimd.X86.FMA()

// multiplyTile is portableMultiplyTile, two vectors and four rows at a time.
func multiplyTile(rows [][]float32, x, y []float64, k, n, m, from, to int) {
	if !vectorised || len(rows) < 4 {
		portableMultiplyTile(rows, x, y, k, n, m, from, to)
		return
	}
	width := (to - from) &^ 3
	r0, r1, r2, r3 := rows[0][from:][:width], rows[1][from:][:width], rows[2][from:][:width], rows[3][from:][:width]
	v := 0
	for ; v+1 < k; v += 2 {
		xa, xb := x[v*m+from:][:width], x[(v+1)*m+from:][:width]
		var a0, a1, a2, a3, b0, b1, b2, b3 archsimd.Float64x4
		for j := 0; j+4 <= width; j += 4 {
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
		ya, yb := y[v*n:], y[(v+1)*n:]
		ya[0] += total(a0)
		ya[1] += total(a1)
		ya[2] += total(a2)
		ya[3] += total(a3)
		yb[0] += total(b0)
		yb[1] += total(b1)
		yb[2] += total(b2)
		yb[3] += total(b3)
	}
	if v < k {
		portableMultiplyTile(rows, x[v*m:], y[v*n:], 1, n, m, from, from+width)
	}
	if from+width < to {
		portableMultiplyTile(rows, x, y, k, n, m, from+width, to)
	}
}

func total(v archsimd.Float64x4) float64 {
	var e [4]float64
	v.Store(&e)
	return (e[0] + e[2]) + (e[1] + e[3])
}

// multiplyTTile is portableMultiplyTTile, two vectors and four rows at a time.
func multiplyTTile(rows [][]float32, x, y []float64, k, n, m, from, to int) {
	if !vectorised || len(rows) < 4 {
		portableMultiplyTTile(rows, x, y, k, n, m, from, to)
		return
	}
	width := (to - from) &^ 3
	r0, r1, r2, r3 := rows[0][from:][:width], rows[1][from:][:width], rows[2][from:][:width], rows[3][from:][:width]
	v := 0
	for ; v+1 < k; v += 2 {
		ya, yb := y[v*m+from:][:width], y[(v+1)*m+from:][:width]
		fa, fb := x[v*n:][:4], x[(v+1)*n:][:4]
		a0, a1 := archsimd.BroadcastFloat64x4(fa[0]), archsimd.BroadcastFloat64x4(fa[1])
		a2, a3 := archsimd.BroadcastFloat64x4(fa[2]), archsimd.BroadcastFloat64x4(fa[3])
		b0, b1 := archsimd.BroadcastFloat64x4(fb[0]), archsimd.BroadcastFloat64x4(fb[1])
		b2, b3 := archsimd.BroadcastFloat64x4(fb[2]), archsimd.BroadcastFloat64x4(fb[3])
		for j := 0; j+4 <= width; j += 4 {
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
	if v < k {
		portableMultiplyTTile(rows, x[v*n:], y[v*m:], 1, n, m, from, from+width)
	}
	if from+width < to {
		portableMultiplyTTile(rows, x, y, k, n, m, from+width, to)
	}
}

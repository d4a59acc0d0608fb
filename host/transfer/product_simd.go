//go:build goexperiment.simd && amd64

package transfer

import "simd/archsimd"

// vectorised says that the CPU has what the tiles below need: AVX2 and fused
// multiply-add.
var vectorised = archsimd.X86.AVX2() && archsimd.X86.FMA()

// multiplyTile is portableMultiplyTile.
func multiplyTile[T real](rows [][]float32, x, y []T, k, n, m, from, to int) {
	if !vectorised || len(rows) < 4 {
		portableMultiplyTile(rows, x, y, k, n, m, from, to)
		return
	}
	switch x := any(x).(type) {
	case []float32:
		vectorTile(rows, x, any(y).([]float32), k, n, m, from, to, 8, dots32)
	case []float64:
		vectorTile(rows, x, any(y).([]float64), k, n, m, from, to, 4, dots64)
	}
}

// multiplyTTile is portableMultiplyTTile.
func multiplyTTile[T real](rows [][]float32, x, y []T, k, n, m, from, to int) {
	if !vectorised || len(rows) < 4 {
		portableMultiplyTTile(rows, x, y, k, n, m, from, to)
		return
	}
	switch x := any(x).(type) {
	case []float32:
		vectorTTile(rows, x, any(y).([]float32), k, n, m, from, to, 8, combine32)
	case []float64:
		vectorTTile(rows, x, any(y).([]float64), k, n, m, from, to, 4, combine64)
	}
}

// vectorTile is portableMultiplyTile for four rows, two vectors at a time, by dots, which
// takes whole lanes.
func vectorTile[T real](rows [][]float32, x, y []T, k, n, m, from, to, lanes int, dots func(r0, r1, r2, r3 []float32, xa, xb []T, ya, yb *[4]T)) {
	width := (to - from) / lanes * lanes
	r0, r1, r2, r3 := rows[0][from:][:width], rows[1][from:][:width], rows[2][from:][:width], rows[3][from:][:width]
	v := 0
	for ; v+1 < k; v += 2 {
		dots(r0, r1, r2, r3, x[v*m+from:], x[(v+1)*m+from:], (*[4]T)(y[v*n:]), (*[4]T)(y[(v+1)*n:]))
	}
	if v < k {
		portableMultiplyTile(rows, x[v*m:], y[v*n:], 1, n, m, from, from+width)
	}
	if from+width < to {
		portableMultiplyTile(rows, x, y, k, n, m, from+width, to)
	}
}

// vectorTTile is portableMultiplyTTile for four rows, two vectors at a time, by combine,
// which takes whole lanes.
func vectorTTile[T real](rows [][]float32, x, y []T, k, n, m, from, to, lanes int, combine func(r0, r1, r2, r3 []float32, ya, yb []T, fa, fb *[4]T)) {
	width := (to - from) / lanes * lanes
	r0, r1, r2, r3 := rows[0][from:][:width], rows[1][from:][:width], rows[2][from:][:width], rows[3][from:][:width]
	v := 0
	for ; v+1 < k; v += 2 {
		combine(r0, r1, r2, r3, y[v*m+from:], y[(v+1)*m+from:], (*[4]T)(x[v*n:]), (*[4]T)(x[(v+1)*n:]))
	}
	if v < k {
		portableMultiplyTTile(rows, x[v*n:], y[v*m:], 1, n, m, from, from+width)
	}
	if from+width < to {
		portableMultiplyTTile(rows, x, y, k, n, m, from+width, to)
	}
}

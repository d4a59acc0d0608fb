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
		multiplyTile32(rows, x, any(y).([]float32), k, n, m, from, to)
	case []float64:
		multiplyTile64(rows, x, any(y).([]float64), k, n, m, from, to)
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
		multiplyTTile32(rows, x, any(y).([]float32), k, n, m, from, to)
	case []float64:
		multiplyTTile64(rows, x, any(y).([]float64), k, n, m, from, to)
	}
}

//go:build !(goexperiment.simd && amd64)

package transfer

func multiplyTile(rows [][]float32, x, y []float64, k, n, m, from, to int) {
	portableMultiplyTile(rows, x, y, k, n, m, from, to)
}

func multiplyTTile(rows [][]float32, x, y []float64, k, n, m, from, to int) {
	portableMultiplyTTile(rows, x, y, k, n, m, from, to)
}

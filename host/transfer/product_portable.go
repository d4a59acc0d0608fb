//go:build !(goexperiment.simd && amd64)

package transfer

func multiplyTile[T real](rows [][]float32, x, y []T, k, n, m, from, to int) {
	portableMultiplyTile(rows, x, y, k, n, m, from, to)
}

func multiplyTTile[T real](rows [][]float32, x, y []T, k, n, m, from, to int) {
	portableMultiplyTTile(rows, x, y, k, n, m, from, to)
}

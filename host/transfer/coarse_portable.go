//go:build !(goexperiment.simd && amd64)

package transfer

func addUnits(sums []float64, row []float32, units float64) { portableAddUnits(sums, row, units) }

func extremesOf(row []float32) extremes { return portableExtremesOf(row) }

//go:build !(goexperiment.simd && amd64)

package ops

func fastest() vectors { return portable() }

//go:build goexperiment.simd && amd64

package ops

import "simd/archsimd"

func fastest() vectors {
	if !archsimd.X86.AVX2() || !archsimd.X86.FMA() {
		return portable()
	}
	return vectors{
		add: add, sub: sub, mul: mul, div: div,
		exp: expVector, logistic: logistic, tanh: tanh,
		softmax: softmaxRow, max: maxVector, sum: sumVector, turn: turn,
	}
}

// lanes is how many entries a vector has.
const lanes = 8

func load(x []float32, i int) archsimd.Float32x8 { return archsimd.LoadFloat32x8Slice(x[i : i+lanes]) }

//go:build goexperiment.simd && amd64

package ops

import (
	"unsafe"

	"simd/archsimd"
)

func fastest() vectors {
	if !archsimd.X86.AVX2() || !archsimd.X86.FMA() {
		return portable()
	}
	return vectors{
		add: add, sub: sub, mul: mul, div: div,
		exp: expVector, logistic: logistic, tanh: tanh, erf: erf,
		softmax: softmaxRow, max: maxVector, sum: sumVector, turn: turn,
	}
}

// lanes is how many entries a vector has.
const lanes = 8

// eights views entries as whole vectors: what is over is left out. A loop over such views
// needs no check of bounds.
func eights(x []float32) [][lanes]float32 {
	return unsafe.Slice((*[lanes]float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x)/lanes)
}

// byEights calls f for all vectors, and once more for the entries that are left, in a
// vector of their own.
func byEights(dst, x []float32, f func(dst, x [][lanes]float32)) {
	x = x[:len(dst)]
	f(eights(dst), eights(x))
	if whole := len(dst) &^ (lanes - 1); whole < len(dst) {
		var rest [1][lanes]float32
		copy(rest[0][:], x[whole:])
		f(rest[:], rest[:])
		copy(dst[whole:], rest[0][:])
	}
}

// repeated is a number in every lane. Functions here begin with these and end with
// ClearAVXUpperBits: between vectors and scalars, and numbers repeated are scalars first,
// processors wait for the upper halves of registers.
func repeated(x float32) archsimd.Float32x8 { return archsimd.BroadcastFloat32x8(x) }

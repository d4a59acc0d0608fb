package fused

import (
	"math"
	"unsafe"
)

// Type is how a matrix's entries lie in memory, little-endian.
type Type uint8

const (
	F32 Type = iota
	BF16
	F16
	types
)

// size is the bytes of an entry.
func (t Type) size() int {
	if t == F32 {
		return 4
	}
	return 2
}

// Weights is a matrix that is only read.
type Weights struct {
	Type Type
	Data []byte
}

// Float32 is a matrix of float32.
func Float32(w []float32) Weights {
	if len(w) == 0 {
		return Weights{}
	}
	return Weights{F32, unsafe.Slice((*byte)(unsafe.Pointer(&w[0])), 4*len(w))}
}

// Floats is the matrix of Float32; nil where it is of another type.
func (w Weights) Floats() []float32 {
	if w.Type != F32 || len(w.Data) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&w.Data[0])), len(w.Data)/4)
}

// at is an entry.
func (w Weights) at(i int) float32 {
	switch w.Type {
	case F32:
		b := w.Data[4*i:]
		return math.Float32frombits(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
	case BF16:
		b := w.Data[2*i:]
		return math.Float32frombits(uint32(b[0])<<16 | uint32(b[1])<<24)
	}
	b := w.Data[2*i:]
	return fromHalf(uint16(b[0]) | uint16(b[1])<<8)
}

// fromHalf widens a float16, exactly.
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	switch exponent {
	case 0:
		f := float32(fraction) / (1 << 24)
		return math.Float32frombits(sign | math.Float32bits(f))
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// RoundToBFloat16 rounds values as the kernels of bfloat16 round x and dY.
func RoundToBFloat16(values []float32) {
	for i, v := range values {
		values[i] = math.Float32frombits(rounded(v) << 16)
	}
}

// rounded is v in bfloat16: to nearest, ties to even; a NaN stays one.
func rounded(v float32) uint32 {
	u := math.Float32bits(v)
	if v != v {
		return u>>16 | 0x40
	}
	return (u + 0x7fff + u>>16&1) >> 16
}

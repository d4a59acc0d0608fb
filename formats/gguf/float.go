package gguf

import (
	"encoding/binary"
	"math"
)

func decodeF32(dst []float32, src []byte) {
	src = src[:4*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func decodeF16(dst []float32, src []byte) {
	src = src[:2*len(dst)]
	for i := range dst {
		dst[i] = half(src[2*i:])
	}
}

func decodeBF16(dst []float32, src []byte) {
	src = src[:2*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

// half decodes a binary16. A NaN keeps its sign and payload.
func half(b []byte) float32 {
	h := uint32(binary.LittleEndian.Uint16(b))
	exponent := h & 0x7c00
	if exponent != 0 && exponent != 0x7c00 {
		return math.Float32frombits(h&0x8000<<16 | (h&0x7fff<<13 + (127-15)<<23))
	}
	return rareHalf(h)
}

// rareHalf decodes zero, subnormal and infinite numbers and NaN.
func rareHalf(h uint32) float32 {
	sign, fraction := h&0x8000<<16, h&0x3ff
	if h&0x7c00 != 0 {
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
}

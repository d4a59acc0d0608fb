package gguf

import (
	"encoding/binary"
	"math"
	"math/bits"
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
	sign, exponent, fraction := h&0x8000<<16, h>>10&0x1f, h&0x3ff
	switch {
	case exponent == 0x1f:
		exponent = 0xff
	case exponent != 0:
		exponent += 127 - 15
	case fraction != 0: // subnormal: fraction * 2^-24
		shift := uint32(bits.LeadingZeros32(fraction)) - 21
		fraction = fraction << shift & 0x3ff
		exponent = 127 - 15 + 1 - shift
	}
	return math.Float32frombits(sign | exponent<<23 | fraction<<13)
}

package safetensors

import (
	"encoding/binary"
	"math"
	"sync"
	"unsafe"
)

// The decoders turn little-endian elements into float32. Those of 16 and 32 bits
// may be given a src that lies at the end of dst's own memory: they read an element
// before they write the one that lies over it.

// decodeF32 isn't needed where float32s lie in memory as they do in the file.
func decodeF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func decodeBF16(dst []float32, src []byte) {
	src = src[:2*len(dst)]
	for len(dst) >= 4 {
		four := binary.LittleEndian.Uint64(src)
		d := dst[:4:4]
		d[0] = math.Float32frombits(uint32(four) << 16)
		d[1] = math.Float32frombits(uint32(four) &^ 0xFFFF)
		d[2] = math.Float32frombits(uint32(four>>32) << 16)
		d[3] = math.Float32frombits(uint32(four>>32) &^ 0xFFFF)
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func decodeF16(dst []float32, src []byte) {
	table := halves()
	src = src[:2*len(dst)]
	for len(dst) >= 4 {
		four := binary.LittleEndian.Uint64(src)
		d := dst[:4:4]
		d[0] = table[uint16(four)]
		d[1] = table[uint16(four>>16)]
		d[2] = table[uint16(four>>32)]
		d[3] = table[four>>48]
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = table[binary.LittleEndian.Uint16(src[2*i:])]
	}
}

// halves is the value of every F16. Looking it up is three times as fast as working
// it out, which takes branches.
var halves = sync.OnceValue(func() *[1 << 16]float32 {
	table := new([1 << 16]float32)
	for h := range table {
		table[h] = half(uint32(h))
	}
	return table
})

// half is the value of an IEEE 754 half. Its exponent and mantissa, put at their
// places in a float32, make a number that is 2^-112 times the right one, subnormal
// numbers included; an exponent of all ones stays one.
func half(h uint32) float32 {
	magnitude := h & 0x7FFF << 13
	sign := h & 0x8000 << 16
	if magnitude >= 0x7C00<<13 {
		return math.Float32frombits(sign | 0x7F80_0000 | magnitude)
	}
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(magnitude)*0x1p112))
}

func decodeF64(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
	}
}

// memory is the bytes that values lie in.
func memory(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}

func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// encodeF32 is decodeF32's opposite.
func encodeF32(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

package gguf

import "encoding/binary"

// The blocks of 32 entries: a scale d, for some types an offset m, and 4, 5 or 8 bits
// an entry. Of a byte of 4-bit entries the low half is of the block's first half.
//
// A conversion to float32 around a product keeps the compiler from fusing it with
// the sum that follows, which would round once instead of twice.

const blockSize = 32

func decodeQ8_0(dst []float32, src []byte) {
	for ; len(dst) >= blockSize; dst, src = dst[blockSize:], src[34:] {
		out, b := (*[blockSize]float32)(dst), (*[34]byte)(src)
		d := half(b[:2])
		for i := range out {
			out[i] = float32(int8(b[2+i])) * d
		}
	}
}

func decodeQ4_0(dst []float32, src []byte) {
	for ; len(dst) >= blockSize; dst, src = dst[blockSize:], src[18:] {
		out, b := (*[blockSize]float32)(dst), (*[18]byte)(src)
		d := half(b[:2])
		for i, q := range b[2:] {
			out[i] = d * float32(int32(q&15)-8)
			out[i+16] = d * float32(int32(q>>4)-8)
		}
	}
}

func decodeQ4_1(dst []float32, src []byte) {
	for ; len(dst) >= blockSize; dst, src = dst[blockSize:], src[20:] {
		out, b := (*[blockSize]float32)(dst), (*[20]byte)(src)
		d, m := half(b[:2]), half(b[2:4])
		for i, q := range b[4:] {
			out[i] = float32(d*float32(q&15)) + m
			out[i+16] = float32(d*float32(q>>4)) + m
		}
	}
}

func decodeQ5_0(dst []float32, src []byte) {
	for ; len(dst) >= blockSize; dst, src = dst[blockSize:], src[22:] {
		out, b := (*[blockSize]float32)(dst), (*[22]byte)(src)
		d, high := half(b[:2]), binary.LittleEndian.Uint32(b[2:6])
		for i, q := range b[6:] {
			out[i] = d * float32(int32(uint32(q&15)|high>>i&1<<4)-16)
			out[i+16] = d * float32(int32(uint32(q>>4)|high>>(i+16)&1<<4)-16)
		}
	}
}

func decodeQ5_1(dst []float32, src []byte) {
	for ; len(dst) >= blockSize; dst, src = dst[blockSize:], src[24:] {
		out, b := (*[blockSize]float32)(dst), (*[24]byte)(src)
		d, m, high := half(b[:2]), half(b[2:4]), binary.LittleEndian.Uint32(b[4:8])
		for i, q := range b[8:] {
			out[i] = float32(d*float32(int32(uint32(q&15)|high>>i&1<<4))) + m
			out[i+16] = float32(d*float32(int32(uint32(q>>4)|high>>(i+16)&1<<4))) + m
		}
	}
}

package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Encode appends values to dst as elements of a float type: F32, or F16 or BF16 to which
// they are rounded to nearest, ties to even, as torch rounds them. What is too large for
// the type becomes an infinity.
func Encode(dst []byte, dtype string, values []float32) ([]byte, error) {
	switch dtype {
	case "F32":
		for _, v := range values {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		}
	case "BF16":
		for _, v := range values {
			dst = binary.LittleEndian.AppendUint16(dst, bfloat(v))
		}
	case "F16":
		for _, v := range values {
			dst = binary.LittleEndian.AppendUint16(dst, toHalf(v))
		}
	default:
		return nil, fmt.Errorf("found type %q, but only F32, F16 and BF16 are written", dtype)
	}
	return dst, nil
}

// Round rounds values to the numbers that a float type has, in place.
func Round(dtype string, values []float32) error {
	switch dtype {
	case "F32", "F64":
	case "BF16":
		for i, v := range values {
			values[i] = math.Float32frombits(uint32(bfloat(v)) << 16)
		}
	case "F16":
		table := halves()
		for i, v := range values {
			values[i] = table[toHalf(v)]
		}
	default:
		return fmt.Errorf("found type %q, expected F16, BF16, F32 or F64", dtype)
	}
	return nil
}

// bfloat rounds away the lower half of the bits. A NaN stays one.
func bfloat(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7FFF + bits>>16&1) >> 16)
}

// toHalf is half's opposite.
func toHalf(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7FFF_FFFF
	switch {
	case bits > 0x7F80_0000: // NaN
		return sign | 0x7E00
	case bits >= 0x477F_F000: // 65520, which lies as far from the largest half as from infinity
		return sign | 0x7C00
	case bits < 0x3880_0000: // below 2^-14: the result counts steps of 2^-24, as adding 0.5 does
		return sign | uint16(math.Float32bits(math.Float32frombits(bits)+0.5)-math.Float32bits(0.5))
	}
	bits -= (127 - 15) << 23
	return sign | uint16((bits+0x0FFF+bits>>13&1)>>13)
}

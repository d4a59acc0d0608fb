package safetensors

// dtype is what the reader knows of an element type.
type dtype struct {
	bits   int
	decode func(dst []float32, src []byte) // nil: not a float type that is read
}

// lookupType knows every type that the Python package (0.8) knows.
func lookupType(name string) (dtype, bool) {
	switch name {
	case "F32":
		return dtype{32, decodeF32}, true
	case "BF16":
		return dtype{16, decodeBF16}, true
	case "F16":
		return dtype{16, decodeF16}, true
	case "F64":
		return dtype{64, decodeF64}, true
	case "F4":
		return dtype{bits: 4}, true
	case "F6_E2M3", "F6_E3M2":
		return dtype{bits: 6}, true
	case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ":
		return dtype{bits: 8}, true
	case "U16", "I16":
		return dtype{bits: 16}, true
	case "U32", "I32":
		return dtype{bits: 32}, true
	case "U64", "I64", "C64":
		return dtype{bits: 64}, true
	}
	return dtype{}, false
}

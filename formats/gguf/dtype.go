package gguf

import "fmt"

// A dtype is how a tensor's entries lie on disk: blocks of block entries in bytes
// bytes each.
type dtype struct {
	name  string
	block int
	bytes int
	// decode decodes len(dst)/block whole blocks. nil: the type isn't decoded.
	decode func(dst []float32, src []byte)
}

// maxBlock is the largest block.
const maxBlock = 256

// lookupType finds a type by its number (ggml.h, enum ggml_type). The numbers that
// are missing were given up, their layouts with them.
func lookupType(id uint32) (dtype, error) {
	switch id {
	case 0:
		return dtype{"F32", 1, 4, decodeF32}, nil
	case 1:
		return dtype{"F16", 1, 2, decodeF16}, nil
	case 2:
		return dtype{"Q4_0", 32, 18, decodeQ4_0}, nil
	case 3:
		return dtype{"Q4_1", 32, 20, decodeQ4_1}, nil
	case 6:
		return dtype{"Q5_0", 32, 22, decodeQ5_0}, nil
	case 7:
		return dtype{"Q5_1", 32, 24, decodeQ5_1}, nil
	case 8:
		return dtype{"Q8_0", 32, 34, decodeQ8_0}, nil
	case 9:
		return dtype{"Q8_1", 32, 40, nil}, nil
	case 10:
		return dtype{"Q2_K", 256, 84, decodeQ2K}, nil
	case 11:
		return dtype{"Q3_K", 256, 110, decodeQ3K}, nil
	case 12:
		return dtype{"Q4_K", 256, 144, decodeQ4K}, nil
	case 13:
		return dtype{"Q5_K", 256, 176, decodeQ5K}, nil
	case 14:
		return dtype{"Q6_K", 256, 210, decodeQ6K}, nil
	case 15:
		return dtype{"Q8_K", 256, 292, nil}, nil
	case 16:
		return dtype{"IQ2_XXS", 256, 66, nil}, nil
	case 17:
		return dtype{"IQ2_XS", 256, 74, nil}, nil
	case 18:
		return dtype{"IQ3_XXS", 256, 98, nil}, nil
	case 19:
		return dtype{"IQ1_S", 256, 50, nil}, nil
	case 20:
		return dtype{"IQ4_NL", 32, 18, nil}, nil
	case 21:
		return dtype{"IQ3_S", 256, 110, nil}, nil
	case 22:
		return dtype{"IQ2_S", 256, 82, nil}, nil
	case 23:
		return dtype{"IQ4_XS", 256, 136, nil}, nil
	case 24:
		return dtype{"I8", 1, 1, nil}, nil
	case 25:
		return dtype{"I16", 1, 2, nil}, nil
	case 26:
		return dtype{"I32", 1, 4, nil}, nil
	case 27:
		return dtype{"I64", 1, 8, nil}, nil
	case 28:
		return dtype{"F64", 1, 8, nil}, nil
	case 29:
		return dtype{"IQ1_M", 256, 56, nil}, nil
	case 30:
		return dtype{"BF16", 1, 2, decodeBF16}, nil
	case 34:
		return dtype{"TQ1_0", 256, 54, nil}, nil
	case 35:
		return dtype{"TQ2_0", 256, 66, nil}, nil
	case 39:
		return dtype{"MXFP4", 32, 17, nil}, nil
	case 40:
		return dtype{"NVFP4", 64, 36, nil}, nil
	case 41:
		return dtype{"Q1_0", 128, 18, nil}, nil
	}
	return dtype{}, fmt.Errorf("found type %d, expected one that GGUF has", id)
}

package ops

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
)

// where executes a choice between two operands, each of the condition's shape or a scalar.
func where(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error) {
	condition, yes, no := in[0], in[1], in[2]
	c, ok := condition.Flat.([]bool)
	if !ok || yes.RawShape.DType != dtypes.Float32 || !condition.RawShape.EqualDimensions(n.Shape) {
		return nil, nil
	}
	x, y := yes.Flat.([]float32), no.Flat.([]float32)
	out, err := result(b, n.Shape, in, owned)
	if err != nil {
		return nil, err
	}
	choose(out.Flat.([]float32), c, x, y)
	return out, nil
}

// choose takes x where a condition holds, y elsewhere: either as long as dst, and perhaps
// dst itself, or one entry. Masks and labels are alike for long: eight conditions are looked
// at together.
func choose(dst []float32, c []bool, x, y []float32) {
	at := 0
	for ; at+8 <= len(dst); at += 8 {
		switch binary.LittleEndian.Uint64(bytesOf(c[at : at+8])) {
		case 0:
			put(dst[at:at+8], y, at)
		case 0x0101010101010101:
			put(dst[at:at+8], x, at)
		default:
			chooseEach(dst[at:at+8], c[at:], x, y, at)
		}
	}
	chooseEach(dst[at:], c[at:], x, y, at)
}

// chooseEach takes what lies from an entry on. Without a branch: conditions like a
// ReLU's are hard to foresee.
func chooseEach(dst []float32, c []bool, x, y []float32, from int) {
	for i, one := range bytesOf(c)[:len(dst)] {
		mask := -uint32(one)
		a, b := math.Float32bits(x[min(from+i, len(x)-1)]), math.Float32bits(y[min(from+i, len(y)-1)])
		dst[i] = math.Float32frombits(a&mask | b&^mask)
	}
}

// put copies what lies from an entry on, or repeats the one entry there is.
func put(dst, src []float32, from int) {
	if len(src) > 1 {
		copy(dst, src[from:])
		return
	}
	for i := range dst {
		dst[i] = src[0]
	}
}

// truths executes the conversion of truth values to numbers.
func truths(b *backend, n *node, in []*buffer, _ []bool) (*buffer, error) {
	c, ok := in[0].Flat.([]bool)
	if !ok || !float32s(n.Shape) {
		return nil, nil
	}
	out, err := getBuffer(b, n.Shape)
	if err != nil {
		return nil, err
	}
	choose(out.Flat.([]float32), c, []float32{1}, []float32{0})
	return out, nil
}

// bytesOf are truth values as they lie in memory: 0 or 1.
func bytesOf(c []bool) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(c))), len(c))
}

package safetensors

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// measure counts the elements, and checks the range's length against the shape.
func (e *entry) measure() error {
	count := uint64(1)
	var over uint64
	for _, n := range e.Shape {
		if over, count = bits.Mul64(count, uint64(n)); over != 0 {
			return fmt.Errorf("shape %v has more than 2^64 elements", e.Shape)
		}
	}
	over, size := bits.Mul64(count, uint64(e.dtype.bits))
	if over != 0 || size/8 > math.MaxInt64 || count > math.MaxInt {
		return fmt.Errorf("shape %v of %s has more than 2^63 bytes", e.Shape, e.DType)
	}
	if size%8 != 0 {
		return fmt.Errorf("shape %v of %s doesn't end at a byte's border", e.Shape, e.DType)
	}
	if found := e.end - e.begin; found != int64(size/8) {
		return fmt.Errorf("data_offsets: found %d bytes, but shape %v of %s takes %d", found, e.Shape, e.DType, size/8)
	}
	e.count = int(count)
	return nil
}

// checkLayout puts the entries in the data's order, and checks that they cover
// all of it, each byte once.
func (h *header) checkLayout(data int64) error {
	slices.SortFunc(h.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.Name, b.Name))
	})
	end := int64(0)
	for i, e := range h.entries {
		if e.begin < end {
			return fmt.Errorf("header: tensors %q and %q overlap", h.entries[i-1].Name, e.Name)
		}
		if e.begin > end {
			return fmt.Errorf("header: %d bytes before tensor %q belong to no tensor", e.begin-end, e.Name)
		}
		end = e.end
	}
	if data < end {
		return hint.With(fmt.Errorf("is truncated: the tensors take %d bytes, the file has %d of them", end, data), again)
	}
	if data > end {
		return hint.With(fmt.Errorf("has %d bytes after the last tensor", data-end), again)
	}
	return nil
}

// at is the entries by name, with their ranges counted from the file's beginning,
// where the data begins at start.
func (h *header) at(start int64) map[string]entry {
	entries := make(map[string]entry, len(h.entries))
	for _, e := range h.entries {
		e.begin += start
		e.end += start
		entries[e.Name] = e
	}
	return entries
}

package gguf

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// maxDims is ggml's limit (GGML_MAX_DIMS).
const maxDims = 4

// tensor is a checked header.
type tensor struct {
	name    string
	kind    dtype
	shape   []int // outermost axis first
	entries int
	start   int64 // in the file
	bytes   int64
}

func (f *File) readTensors(c *cursor, n int, alignment, size int64) error {
	seen := make(map[string]struct{})
	for i := range n {
		name, err := c.name()
		if err != nil {
			return fmt.Errorf("tensor %d of %d: %w", i+1, n, err)
		}
		if _, ok := seen[name]; ok {
			return fmt.Errorf("tensor %q: found twice, expected once", name)
		}
		seen[name] = struct{}{}
		t, err := c.tensor(name, alignment)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		f.tensors = append(f.tensors, t)
	}
	// Both are at most maxHeader and 1<<31: no overflow.
	data := (c.at + alignment - 1) / alignment * alignment
	if err := place(f.tensors, data, size); err != nil {
		return err
	}
	slices.SortFunc(f.tensors, func(a, b tensor) int { return cmp.Compare(a.name, b.name) })
	return nil
}

// tensor reads the rest of a header. start is still relative to the data.
func (c *cursor) tensor(name string, alignment int64) (tensor, error) {
	t := tensor{name: name}
	dims, err := c.uint32()
	if err != nil {
		return t, err
	}
	if dims > maxDims {
		return t, fmt.Errorf("found %d dimensions, expected at most %d", dims, maxDims)
	}
	t.shape = make([]int, dims)
	for i := range t.shape {
		d, err := c.uint64()
		if err != nil {
			return t, err
		}
		if d > math.MaxInt64 {
			return t, fmt.Errorf("found %d as dimension %d, expected at most %d", d, i+1, int64(math.MaxInt64))
		}
		t.shape[len(t.shape)-1-i] = int(d)
	}
	id, err := c.uint32()
	if err != nil {
		return t, err
	}
	if t.kind, err = lookupType(id); err != nil {
		return t, err
	}
	offset, err := c.uint64()
	if err != nil {
		return t, err
	}
	if offset > math.MaxInt64 || int64(offset)%alignment != 0 {
		return t, fmt.Errorf("found data offset %d, expected a multiple of the alignment %d", offset, alignment)
	}
	t.start = int64(offset)
	return t, t.measure()
}

// measure computes the number of entries and of bytes.
func (t *tensor) measure() error {
	t.entries = 1
	for _, d := range t.shape {
		hi, lo := bits.Mul64(uint64(t.entries), uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return fmt.Errorf("found shape %v, expected at most %d entries", t.shape, int64(math.MaxInt64))
		}
		t.entries = int(lo)
	}
	row := 1
	if len(t.shape) > 0 {
		row = t.shape[len(t.shape)-1]
	}
	if row%t.kind.block != 0 {
		return fmt.Errorf("found rows of %d entries, expected a multiple of %s's block of %d", row, t.kind.name, t.kind.block)
	}
	hi, lo := bits.Mul64(uint64(t.entries/t.kind.block), uint64(t.kind.bytes))
	if hi != 0 || lo > math.MaxInt64 {
		return fmt.Errorf("found shape %v of type %s, expected at most %d bytes", t.shape, t.kind.name, int64(math.MaxInt64))
	}
	t.bytes = int64(lo)
	return nil
}

// place checks that the tensors lie within the file and apart from each other, and
// turns their starts into places in the file. It leaves them sorted by start.
func place(tensors []tensor, data, size int64) error {
	slices.SortFunc(tensors, func(a, b tensor) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.name, b.name))
	})
	var before *tensor // the one with data that lies next before
	for i := range tensors {
		t := &tensors[i]
		if room := max(size-data, 0); t.start > room || t.bytes > room-t.start {
			return fmt.Errorf("tensor %q: found %d bytes of tensor data in the file, expected at least %d, for %d bytes at data offset %d: the file is cut off or its header wrong",
				t.name, room, uint64(t.start)+uint64(t.bytes), t.bytes, t.start)
		}
		t.start += data
		if t.bytes == 0 {
			continue
		}
		if before != nil && before.start+before.bytes > t.start {
			return fmt.Errorf("tensor %q: found data offset %d, inside tensor %q, expected at least %d",
				t.name, t.start-data, before.name, before.start+before.bytes-data)
		}
		before = t
	}
	return nil
}

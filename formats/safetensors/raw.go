package safetensors

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Head is the file up to its data: the header as it lies there, whoever wrote it. A
// file of the same tensors may begin with the same bytes.
func (f *File) Head() *io.SectionReader {
	return io.NewSectionReader(f.file, 0, f.start)
}

// InOrder lists the headers in the order in which their data follows the head, without
// a gap between them.
func (f *File) InOrder() []Tensor {
	entries := make([]entry, 0, len(f.entries))
	for _, e := range f.entries {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.Name, b.Name))
	})
	order := make([]Tensor, len(entries))
	for i, e := range entries {
		order[i] = e.Tensor
	}
	return order
}

// Raw is a tensor's bytes as they lie in the file, little-endian and row-major.
func (f *File) Raw(name string) (*io.SectionReader, error) {
	e, ok := f.entries[name]
	if !ok {
		return nil, fmt.Errorf("%s: has no tensor %q", f.path, name)
	}
	return io.NewSectionReader(f.file, e.begin, e.end-e.begin), nil
}

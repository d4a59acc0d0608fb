package safetensors

import (
	"fmt"
	"io"
)

// Writer writes a file whose tensors aren't all in memory at once. They may come in
// any order and in parts; the file's bytes are the same as Write's.
type Writer struct {
	w      io.WriterAt
	places map[string]place
	left   map[string]int // entries that are still to come
}

// NewWriter writes the header of a file with these tensors, all F32.
func NewWriter(w io.WriterAt, tensors []Tensor, metadata map[string]string) (*Writer, error) {
	header, err := encodeHeader(tensors, metadata)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(header[lengthBytes:])
	if err != nil {
		return nil, err
	}
	out := &Writer{w, make(map[string]place, len(tensors)), make(map[string]int, len(tensors))}
	for _, e := range h.entries {
		out.places[e.Name] = place{e.dtype, int64(len(header)) + e.begin, e.count}
		out.left[e.Name] = e.count
	}
	_, err = w.WriteAt(header, 0)
	return out, err
}

// WriteFloat32 writes values as a tensor's entries from first on, row-major.
func (w *Writer) WriteFloat32(name string, first int, values []float32) error {
	p, ok := w.places[name]
	if !ok {
		return fmt.Errorf("tensor %q: is not in the header", name)
	}
	if first < 0 || first > p.entries || len(values) > p.entries-first {
		return fmt.Errorf("tensor %q: found entries %d to %d, expected at most %d", name, first, first+len(values), p.entries)
	}
	w.left[name] -= len(values)
	offset := p.offset + 4*int64(first)
	return writeValues(values, func(b []byte) error {
		n, err := w.w.WriteAt(b, offset)
		offset += int64(n)
		return err
	})
}

// Close checks that every entry has been written. It leaves the file open.
func (w *Writer) Close() error {
	missing := ""
	for name, n := range w.left {
		if n != 0 && (missing == "" || name < missing) {
			missing = name
		}
	}
	if missing != "" {
		return fmt.Errorf("tensor %q: %d of its %d entries were written", missing, w.places[missing].entries-w.left[missing], w.places[missing].entries)
	}
	return nil
}

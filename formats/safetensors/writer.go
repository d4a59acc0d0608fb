package safetensors

import (
	"fmt"
	"io"
	"slices"
)

// Writer writes a file whose tensors aren't all in memory at once. They may come in
// any order and in parts; the file's bytes are the same as Write's.
type Writer struct {
	w       io.WriterAt
	entries map[string]entry
	left    map[string]int // how many elements are still to come
	size    int64
}

// NewWriter writes the header of a file with these tensors, which are F32, F16 or BF16.
func NewWriter(w io.WriterAt, tensors []Tensor, metadata map[string]string) (*Writer, error) {
	header, err := encodeHeader(tensors, metadata)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(header[lengthBytes:])
	if err != nil {
		return nil, err
	}
	out := &Writer{w, h.at(int64(len(header))), make(map[string]int, len(tensors)), int64(len(header))}
	for name, e := range out.entries {
		out.left[name] = e.count
		out.size = max(out.size, e.end)
	}
	_, err = w.WriteAt(header, 0)
	return out, err
}

// Size is the file's, once all is written.
func (w *Writer) Size() int64 { return w.size }

// WriteFloat32 writes values as a tensor's entries from first on, row-major, rounded to
// its type.
func (w *Writer) WriteFloat32(name string, first int, values []float32) error {
	e, ok := w.entries[name]
	if !ok {
		return fmt.Errorf("tensor %q: is not in the header", name)
	}
	if first < 0 || first > e.count || len(values) > e.count-first {
		return fmt.Errorf("tensor %q: found entries %d to %d, expected at most %d", name, first, first+len(values), e.count)
	}
	w.left[name] -= len(values)
	offset := e.begin + int64(e.dtype.bits/8)*int64(first)
	if e.DType != "F32" {
		for part := range slices.Chunk(values, chunk) {
			b, err := Encode(nil, e.DType, part)
			if err == nil {
				_, err = w.w.WriteAt(b, offset)
			}
			if err != nil {
				return err
			}
			offset += int64(len(b))
		}
		return nil
	}
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
		n := w.entries[missing].count
		return fmt.Errorf("tensor %q: %d of its %d entries were written", missing, n-w.left[missing], n)
	}
	return nil
}

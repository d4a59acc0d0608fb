package safetensors

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	nlp "github.com/nlpodyssey/safetensors"
)

// Data is a tensor to be written: F32, its values row-major.
type Data struct {
	Name   string
	Shape  []int
	Values []float32
}

// Write writes tensors, sorted by name, and metadata (keys sorted) as one file
// that the Python package reads. Equal input, equal bytes.
func Write(w io.Writer, tensors []Data, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	slices.SortStableFunc(sorted, func(a, b Data) int { return strings.Compare(a.Name, b.Name) })
	headers := make([]Tensor, len(sorted))
	for i, t := range sorted {
		headers[i] = Tensor{t.Name, "F32", t.Shape}
	}
	header, err := encodeHeader(headers, metadata)
	if err != nil {
		return err
	}
	for _, t := range sorted {
		if n, _ := entries(t.Shape); n != len(t.Values) {
			return fmt.Errorf("tensor %q: shape %v has %d entries, found %d", t.Name, t.Shape, n, len(t.Values))
		}
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range sorted {
		if err := writeValues(t.Values, func(b []byte) error { _, err := w.Write(b); return err }); err != nil {
			return err
		}
	}
	return nil
}

// encodeHeader is the file up to its data, which lies in the order of the names.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	views := make(map[string]view, len(tensors))
	for _, t := range tensors {
		n, err := entries(t.Shape)
		if err == nil {
			err = checkName(t.Name)
		}
		if _, ok := views[t.Name]; ok {
			err = errors.New("comes twice")
		}
		d := map[string]nlp.DType{"F32": nlp.F32, "F16": nlp.F16, "BF16": nlp.BF16}[t.DType]
		if d == nlp.BOOL {
			err = fmt.Errorf("found type %q, but only F32, F16 and BF16 are written", t.DType)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		views[t.Name] = view{d, t.Shape, d.Size() * uint64(n)}
	}
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return nil, fmt.Errorf("metadata %q: is not valid UTF-8", key)
		}
	}
	var b bytes.Buffer
	if err := nlp.SerializeToWriter(views, metadata, &b); err != nil {
		return nil, err
	}
	if b.Len()-lengthBytes > maxHeader {
		return nil, fmt.Errorf("the header would take %d bytes, more than the %d that readers accept", b.Len(), maxHeader)
	}
	return b.Bytes(), nil
}

func checkName(name string) error {
	if name == "__metadata__" {
		return errors.New("the name is the header's own")
	}
	if !utf8.ValidString(name) {
		return errors.New("the name is not valid UTF-8")
	}
	return nil
}

// entries is the product of a shape.
func entries(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > math.MaxInt/8/d {
			return 0, fmt.Errorf("shape %v is impossible", shape)
		}
		n *= d
	}
	return n, nil
}

// view gives the library a tensor's header without its data, so that it writes
// the file's header and nothing after it.
type view struct {
	dtype nlp.DType
	shape []int
	bytes uint64
}

func (v view) DType() nlp.DType { return v.dtype }
func (v view) DataLen() uint64  { return v.bytes }
func (v view) Data() []byte     { return nil }
func (v view) Shape() []uint64 {
	shape := make([]uint64, len(v.shape)) // not nil, which would become null
	for i, n := range v.shape {
		shape[i] = uint64(n)
	}
	return shape
}

// writeValues passes on values as little-endian bytes.
func writeValues(values []float32, write func([]byte) error) error {
	if littleEndian() {
		return write(memory(values))
	}
	for part := range slices.Chunk(values, chunk) {
		if err := write(encodeF32(part)); err != nil {
			return err
		}
	}
	return nil
}

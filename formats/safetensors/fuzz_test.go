package safetensors

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"

	nlp "github.com/nlpodyssey/safetensors"
)

// inMemory is a file's contents.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// What is taken can be read, and the other implementation in Go sees the same in it.
func FuzzOpen(f *testing.F) {
	for _, v := range readVerdicts(f) {
		f.Add(v.File)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := &File{file: inMemory{bytes.NewReader(data)}}
		if err := file.readHeader(int64(len(data))); err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		known := true
		for _, tensor := range file.Tensors() {
			e := file.entries[tensor.Name]
			if _, err := nlp.ParseDType(tensor.DType); err != nil {
				known = false
			}
			err := file.ReadFloat32(tensor.Name, 0, make([]float32, e.count))
			if (err == nil) != (e.dtype.decode != nil) {
				t.Errorf("%v: %v", tensor, err)
			}
		}
		if !known {
			return
		}
		_, other, err := nlp.ReadMetadata(data)
		if err != nil {
			if strings.Contains(err.Error(), "expected 3 keys") || strings.Contains(err.Error(), "cannot unmarshal") || strings.Contains(err.Error(), "overflow") {
				return // it takes no further fields, and multiplies 0 by more
			}
			t.Fatal(err)
		}
		tensors := other.Tensors()
		if len(tensors) != len(file.entries) || !maps.Equal(other.Metadata(), file.Metadata()) {
			t.Fatalf("%d tensors, metadata %v", len(tensors), other.Metadata())
		}
		for name, info := range tensors {
			e := file.entries[name]
			shape := make([]int, len(info.Shape))
			for i, n := range info.Shape {
				shape[i] = int(n)
			}
			start := int64(lengthBytes + binary.LittleEndian.Uint64(data))
			if info.DType.String() != e.DType || !slices.Equal(shape, e.Shape) || int64(info.DataOffsets[0])+start != e.begin {
				t.Errorf("%q: got %+v, want %+v", name, e, info)
			}
		}
	})
}

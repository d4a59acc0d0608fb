package gguf

import (
	"os"
	"testing"
)

// FuzzOpen wants no panic, and of an accepted file that every entry can be read.
func FuzzOpen(f *testing.F) {
	for _, path := range []string{"testdata/tensors.gguf", "testdata/metadata.gguf", "testdata/big.gguf"} {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 8<<10)])
	}
	f.Add(newBuilder(2, 1).pair("general.alignment", typeUint32).u32(8).tensor("a", 2, 0, 32, 3).tensor("b", 0, 56, 5).pad(8).zeros(76).bytes)
	f.Add(newBuilder(1, 2).pair("a", typeArray).u32(typeArray).u64(1).u32(typeString).u64(1).str("x").pair("b", typeBool).raw("\x01").tensor("t", 14, 0, 256).pad(32).zeros(210).bytes)
	f.Add(part(1, 3).pair("split.tensors.count", typeInt32).u32(7).bytes)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parse("fuzz", newReader(data), int64(len(data)))
		if err != nil {
			return
		}
		if len(file.Keys()) != len(file.Metadata()) {
			t.Fatalf("%d keys of %d values", len(file.Keys()), len(file.Metadata()))
		}
		if s := file.Split(); s.No < 0 || s.No >= s.Count || s.Tensors < -1 {
			t.Fatalf("is %+v", s)
		}
		for i, tensor := range file.Tensors() {
			if file.tensors[i].kind.decode == nil {
				continue
			}
			n := entries(tensor)
			if n > 256*len(data) {
				t.Fatalf("%v in %d bytes", tensor, len(data))
			}
			values := make([]float32, n)
			if err := file.ReadFloat32(tensor.Name, 0, values); err != nil {
				t.Fatal(err)
			}
			part := make([]float32, n-n/3)
			if err := file.ReadFloat32(tensor.Name, n/3, part); err != nil {
				t.Fatal(err)
			}
			for i, v := range part {
				if !same(v, values[n/3+i]) {
					t.Fatalf("%v: entry %d is %g and %g", tensor, n/3+i, v, values[n/3+i])
				}
			}
		}
	})
}

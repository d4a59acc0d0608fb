package gguf

import (
	"compress/gzip"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

func open(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func floats(t testing.TB, path string) []float32 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(b)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values
}

func entries(t Tensor) int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// same compares bits; of NaNs only that both are.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func decoded(f *File) []Tensor {
	var list []Tensor
	for _, t := range f.Tensors() {
		if !strings.HasPrefix(t.Name, "listed.") {
			list = append(list, t)
		}
	}
	return list
}

func TestDecodedValuesAreThoseOfThePythonPackage(t *testing.T) {
	f := open(t, "testdata/tensors.gguf")
	want := floats(t, "testdata/tensors.f32.gz")
	types := make(map[string]bool)
	for _, tensor := range decoded(f) {
		types[tensor.DType] = true
		got := make([]float32, entries(tensor))
		if err := f.ReadFloat32(tensor.Name, 0, got); err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if !same(got[i], want[i]) {
				t.Fatalf("%s, entry %d: got %g (%#x), want %g (%#x)", tensor.Name, i, got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
			}
		}
		want = want[len(got):]
	}
	if len(want) != 0 {
		t.Errorf("%d values left over", len(want))
	}
	if len(types) != 13 {
		t.Errorf("decoded the types %v, want 13", types)
	}
}

func TestEveryHalf(t *testing.T) {
	for h, want := range floats(t, "testdata/half.f32.gz") {
		b := []byte{byte(h), byte(h >> 8)}
		if got := half(b); !same(got, want) {
			t.Fatalf("%#04x: got %g, want %g", h, got, want)
		}
	}
}

// Any part of a tensor is that part of the whole, wherever it starts and ends.
func TestReadAnyPart(t *testing.T) {
	f := open(t, "testdata/tensors.gguf")
	random := rand.New(rand.NewPCG(1, 2))
	for _, tensor := range decoded(f) {
		whole := make([]float32, entries(tensor))
		if err := f.ReadFloat32(tensor.Name, 0, whole); err != nil {
			t.Fatal(err)
		}
		for range 300 {
			first := random.IntN(len(whole) + 1)
			part := make([]float32, random.IntN(len(whole)-first+1))
			if err := f.ReadFloat32(tensor.Name, first, part); err != nil {
				t.Fatal(err)
			}
			for i := range part {
				if !same(part[i], whole[first+i]) {
					t.Fatalf("%s, %d entries from %d on: entry %d is %g, want %g", tensor.Name, len(part), first, i, part[i], whole[first+i])
				}
			}
		}
	}
}

// A tensor larger than the read buffer is read in several pieces, blocks that don't
// divide the buffer among them.
func TestReadInSeveralPieces(t *testing.T) {
	for id := range uint32(31) {
		kind, err := lookupType(id)
		if err != nil || kind.decode == nil {
			continue
		}
		blocks := 3*chunk/kind.bytes + 5
		data := make([]byte, blocks*kind.bytes)
		random := rand.New(rand.NewPCG(3, uint64(id)))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		want := make([]float32, blocks*kind.block)
		kind.decode(want, data)
		b := newBuilder(1, 0).tensor("t", id, 0, uint64(len(want))).pad(32)
		f, err := parse("memory", newReader(append(b.bytes, data...)), int64(len(b.bytes)+len(data)))
		if err != nil {
			t.Fatal(err)
		}
		first, n := 7, len(want)-20
		got := make([]float32, n)
		if err := f.ReadFloat32("t", first, got); err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if !same(got[i], want[first+i]) {
				t.Fatalf("%s: entry %d is %g, want %g", kind.name, i, got[i], want[first+i])
			}
		}
	}
}

func TestConcurrentReads(t *testing.T) {
	f := open(t, "testdata/tensors.gguf")
	want := make(map[string][]float32)
	for _, tensor := range decoded(f) {
		want[tensor.Name] = make([]float32, entries(tensor))
		if err := f.ReadFloat32(tensor.Name, 0, want[tensor.Name]); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for name, w := range want {
				got := make([]float32, len(w))
				if err := f.ReadFloat32(name, 0, got); err != nil {
					t.Error(err)
					return
				}
				for i := range got {
					if !same(got[i], w[i]) {
						t.Errorf("%s: entry %d is %g, want %g", name, i, got[i], w[i])
						return
					}
				}
			}
		})
	}
	group.Wait()
}

func TestOtherTypesAreListedAndRefused(t *testing.T) {
	f := open(t, "testdata/tensors.gguf")
	refused := 0
	for _, tensor := range f.Tensors() {
		name, listed := strings.CutPrefix(tensor.Name, "listed.")
		if !listed {
			continue
		}
		refused++
		if tensor.DType != name {
			t.Errorf("%s: got type %s", tensor.Name, tensor.DType)
		}
		err := f.ReadFloat32(tensor.Name, 0, make([]float32, 1))
		if err == nil {
			t.Fatalf("%s was read", tensor.Name)
		}
		for _, part := range []string{"testdata/tensors.gguf", `"` + tensor.Name + `"`, name} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%v: doesn't name %s", err, part)
			}
		}
		if hint.Of(err) == "" {
			t.Errorf("%v: no hint", err)
		}
	}
	if refused != 21 {
		t.Errorf("refused %d types, want 21", refused)
	}
}

func TestReadsBeyondTheTensorAreRefused(t *testing.T) {
	f := open(t, "testdata/tensors.gguf")
	for _, c := range []struct {
		name     string
		first, n int
		want     string
	}{
		{"none", 0, 1, `testdata/tensors.gguf: tensor "none": not found`},
		{"shape.one", 0, 2, `testdata/tensors.gguf: tensor "shape.one": asked for 2 entries from 0 on, expected them within its 1`},
		{"shape.one", 1, 1, `testdata/tensors.gguf: tensor "shape.one": asked for 1 entries from 1 on, expected them within its 1`},
		{"shape.one", -1, 1, `testdata/tensors.gguf: tensor "shape.one": asked for 1 entries from -1 on, expected them within its 1`},
		{"shape.one", math.MaxInt, 1, `testdata/tensors.gguf: tensor "shape.one": asked for 1 entries from 9223372036854775807 on, expected them within its 1`},
	} {
		err := f.ReadFloat32(c.name, c.first, make([]float32, c.n))
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestFileThatShrinksIsAnError(t *testing.T) {
	b := newBuilder(1, 0).tensor("t", 0, 0, 8).pad(32)
	f, err := parse("memory", newReader(b.bytes), int64(len(b.bytes)+32))
	if err != nil {
		t.Fatal(err)
	}
	err = f.ReadFloat32("t", 2, make([]float32, 3))
	want := `memory: tensor "t": found 0 bytes from byte 72 on, expected 12: the file has changed since it was opened`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

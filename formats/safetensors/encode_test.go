package safetensors

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Every value of a 16-bit type is its own; between two neighbours the nearer one is
// taken, and in the middle the even one.
func TestEncodeRoundsToNearestEven(t *testing.T) {
	for _, dtype := range []string{"F16", "BF16"} {
		kind, _ := lookupType(dtype)
		value := func(bits uint16) float32 {
			var out [1]float32
			kind.decode(out[:], binary.LittleEndian.AppendUint16(nil, bits))
			return out[0]
		}
		encode := func(v float32) uint16 {
			b, err := Encode(nil, dtype, []float32{v})
			if err != nil {
				t.Fatal(err)
			}
			rounded := []float32{v}
			if err := Round(dtype, rounded); err != nil {
				t.Fatal(err)
			}
			got := binary.LittleEndian.Uint16(b)
			if w := value(got); w != rounded[0] && w == w {
				t.Fatalf("%s: %v is encoded as %v and rounded to %v", dtype, v, w, rounded[0])
			}
			return got
		}
		for bits := range uint32(1 << 15) {
			low := value(uint16(bits))
			if low != low {
				if got := value(encode(low)); got == got {
					t.Fatalf("%s: a NaN becomes %v", dtype, got)
				}
				continue
			}
			for _, sign := range []uint16{0, 0x8000} {
				if got := encode(float32(math.Copysign(float64(low), 0.5-float64(sign)))); got != uint16(bits)|sign {
					t.Fatalf("%s: %v becomes %#x, want %#x", dtype, low, got, uint16(bits)|sign)
				}
			}
			if math.IsInf(float64(low), 0) {
				continue
			}
			high := value(uint16(bits) + 1)
			if math.IsInf(float64(high), 0) { // what the next would be
				high = low + (low - value(uint16(bits)-1))
				if dtype == "BF16" {
					continue // beyond float32
				}
			}
			middle := low + (high-low)/2
			even := uint16(bits) + uint16(bits)&1
			if got := encode(middle); got != even {
				t.Fatalf("%s: %v, between %v and %v, becomes %#x, want %#x", dtype, middle, low, high, got, even)
			}
			if got := encode(math.Nextafter32(middle, 0)); got != uint16(bits) {
				t.Fatalf("%s: just below %v becomes %#x, want %#x", dtype, middle, got, bits)
			}
			if got := encode(math.Nextafter32(middle, float32(math.Inf(1)))); got != uint16(bits)+1 {
				t.Fatalf("%s: just above %v becomes %#x, want %#x", dtype, middle, got, bits+1)
			}
		}
		if got := value(encode(math.MaxFloat32)); !math.IsInf(float64(got), 1) {
			t.Errorf("%s: the largest float32 becomes %v", dtype, got)
		}
	}
}

func TestEncodeRefusesOtherTypes(t *testing.T) {
	if _, err := Encode(nil, "I8", []float32{1}); err == nil {
		t.Error("I8 is encoded")
	}
	if err := Round("I8", []float32{1}); err == nil {
		t.Error("I8 is rounded to")
	}
}

// A file is its head and its tensors' bytes in their order.
func TestHeadAndRawAreTheFile(t *testing.T) {
	for _, name := range []string{"types.safetensors", "write.safetensors"} {
		path := filepath.Join("testdata", name)
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var got bytes.Buffer
		if _, err := io.Copy(&got, f.Head()); err != nil {
			t.Fatal(err)
		}
		for _, tensor := range f.InOrder() {
			raw, err := f.Raw(tensor.Name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(&got, raw); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: head and tensors are not the file (%v)", name, err)
		}
		if _, err := f.Raw("none"); err == nil {
			t.Errorf("%s: a tensor that is not there has bytes", name)
		}
	}
}

func TestTheWriterRoundsToItsTypes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tensors := []Tensor{{"half", "F16", []int{2, 2}}, {"brain", "BF16", []int{3}}, {"single", "F32", []int{1}}}
	w, err := NewWriter(file, tensors, format)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name   string
		first  int
		values []float32
	}{{"half", 2, []float32{70000, -1}}, {"half", 0, []float32{0.1, 1e-8}}, {"single", 0, []float32{0.1}}, {"brain", 0, []float32{0.1, 3e38, 1}}} {
		if err := w.WriteFloat32(part.name, part.first, part.values); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := file.Stat(); err != nil || info.Size() != w.Size() {
		t.Errorf("the file has %d bytes, the writer says %d (%v)", info.Size(), w.Size(), err)
	}
	f := open(t, path)
	want := map[string][]float32{
		"half": {0.099975586, 0, float32(math.Inf(1)), -1}, "brain": {0.10009765625, 3.0040553e+38, 1}, "single": {0.1},
	}
	for name, values := range want {
		if got := readAll(t, f, name); !slices.Equal(got, values) {
			t.Errorf("%s: %v, want %v", name, got, values)
		}
	}
}

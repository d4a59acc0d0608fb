package safetensors

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	nlp "github.com/nlpodyssey/safetensors"
)

// written are the tensors of testdata/write.safetensors, which Python wrote.
func written() []Data {
	sevenths := make([]float32, 6)
	for i := range sevenths {
		sevenths[i] = float32(i) / 7
	}
	return []Data{
		{"empty", []int{0, 4}, nil},
		{"c", nil, []float32{1.25}},
		{"base_model.model.b.lora_A.weight", []int{2, 3}, sevenths},
		{"base_model.model.a.lora_B.weight", []int{2, 1}, []float32{-0.5, 3e38}},
	}
}

var format = map[string]string{"format": "pt"}

func TestTheBytesArePythons(t *testing.T) {
	want, err := os.ReadFile("testdata/write.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		var got bytes.Buffer
		if err := Write(&got, written(), format); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("got\n%q, want\n%q", got.Bytes(), want)
		}
	}
}

func TestTheDataIsAligned(t *testing.T) {
	for name := "a"; len(name) < 20; name += "a" {
		var b bytes.Buffer
		if err := Write(&b, []Data{{name, []int{1}, []float32{1}}}, nil); err != nil {
			t.Fatal(err)
		}
		if b.Len()%8 != 4 {
			t.Errorf("%s: the data begins at byte %d", name, b.Len()-4)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	tensors := append(written(),
		Data{"Z before __metadata__", []int{1}, []float32{float32(math.Inf(1))}},
		Data{"a\n\"é\"<&>\u2028😀", []int{1, 1, 1}, []float32{-1}},
		Data{"", []int{2}, []float32{1, 2}})
	metadata := map[string]string{"format": "pt", "é<": "\x00", "": ""}
	var b bytes.Buffer
	if err := Write(&b, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	f := open(t, write(t, b.String()))
	if got := f.Metadata(); len(got) != 3 || got["é<"] != "\x00" {
		t.Errorf("metadata: %q", got)
	}
	if got := f.Tensors(); len(got) != len(tensors) || !slices.IsSortedFunc(got, func(a, b Tensor) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) }) {
		t.Errorf("tensors: %v", got)
	}
	for _, d := range tensors {
		if got := readAll(t, f, d.Name); !slices.Equal(got, d.Values) {
			t.Errorf("%q: got %v", d.Name, got)
		}
	}
	if _, err := nlp.Deserialize(b.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestTensorsComeInAnyOrderAndInParts(t *testing.T) {
	want, err := os.ReadFile("testdata/write.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "dump.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var headers []Tensor
	for _, d := range written() {
		headers = append(headers, Tensor{d.Name, "F32", d.Shape})
	}
	w, err := NewWriter(file, headers, format)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range written() {
		for i := len(d.Values) - 1; i >= 0; i-- {
			if err := w.Close(); err == nil {
				t.Fatal("closed before all was written")
			}
			if err := w.WriteFloat32(d.Name, i, d.Values[i:i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file.Name())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

// nowhere is a file that takes n writes.
type nowhere struct{ n int }

func (w *nowhere) WriteAt(b []byte, _ int64) (int, error) { return w.Write(b) }
func (w *nowhere) Write(b []byte) (int, error) {
	if w.n == 0 {
		return 0, errors.New("disk full")
	}
	w.n--
	return len(b), nil
}

func TestTensorsThatCannotBeWrittenAreRefused(t *testing.T) {
	one := []float32{1}
	for _, c := range []struct {
		tensors  []Data
		metadata map[string]string
		want     string
	}{
		{[]Data{{"a", []int{2}, one}}, nil, `tensor "a": shape [2] has 2 entries, found 1`},
		{[]Data{{"a", []int{-1}, one}}, nil, `tensor "a": shape [-1] is impossible`},
		{[]Data{{"a", []int{1 << 40, 1 << 40}, one}}, nil, `tensor "a": shape [1099511627776 1099511627776] is impossible`},
		{[]Data{{"a", nil, one}, {"a", nil, one}}, nil, `tensor "a": comes twice`},
		{[]Data{{"__metadata__", nil, one}}, nil, `tensor "__metadata__": the name is the header's own`},
		{[]Data{{"a\xff", nil, one}}, nil, `tensor "a\xff": the name is not valid UTF-8`},
		{[]Data{{"a", nil, one}}, map[string]string{"b": "\xff"}, `metadata "b": is not valid UTF-8`},
	} {
		out := &nowhere{}
		if err := Write(out, c.tensors, c.metadata); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	for n := range 3 {
		if err := Write(&nowhere{n}, []Data{{"a", nil, one}, {"b", nil, one}}, nil); err == nil || err.Error() != "disk full" {
			t.Errorf("after %d writes: %v", n, err)
		}
	}
}

func TestTheWriterRefusesWhatTheHeaderHasNot(t *testing.T) {
	if _, err := NewWriter(&nowhere{1}, []Tensor{{"a", "I8", nil}}, nil); err == nil || err.Error() != `tensor "a": found type "I8", but only F32, F16 and BF16 are written` {
		t.Errorf("got %v", err)
	}
	if _, err := NewWriter(&nowhere{0}, nil, nil); err == nil {
		t.Error("the disk was full")
	}
	w, err := NewWriter(&nowhere{2}, []Tensor{{"a", "F32", []int{3}}, {"b", "F32", []int{1}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		`tensor "c": is not in the header`:                      w.WriteFloat32("c", 0, nil),
		`tensor "a": found entries 2 to 4, expected at most 3`:  w.WriteFloat32("a", 2, make([]float32, 2)),
		`tensor "a": found entries -1 to 0, expected at most 3`: w.WriteFloat32("a", -1, make([]float32, 1)),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := w.WriteFloat32("a", 0, make([]float32, 2)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || err.Error() != `tensor "a": 2 of its 3 entries were written` {
		t.Errorf("got %v", err)
	}
}

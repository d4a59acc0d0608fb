package safetensors

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// fileOf writes a file with this header and data.
func fileOf(t testing.TB, header, data string) string {
	t.Helper()
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return write(t, string(b)+header+data)
}

func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	tensors := []Data{
		{"b", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}},
		{"a", []int{}, []float32{-0.5}},
		{"c", []int{0, 4}, nil},
	}
	var b bytes.Buffer
	if err := Write(&b, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	f, err := Open(write(t, b.String()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Metadata()["format"] != "pt" {
		t.Errorf("metadata: %v", f.Metadata())
	}
	got := make([]float32, 3)
	if err := f.ReadFloat32("b", 2, got); err != nil || !slices.Equal(got, []float32{3, 4, 5}) {
		t.Errorf("%v, %v", got, err)
	}
}

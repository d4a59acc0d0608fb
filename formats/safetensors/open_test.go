package safetensors

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// write puts content into a file.
func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a file until the test ends.
func open(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// verdict is what the Python package makes of a file (testdata/make.py).
type verdict struct {
	Name     string
	File     []byte
	Tensors  []Tensor
	Metadata map[string]string
	Error    string
}

func readVerdicts(t testing.TB) []verdict {
	t.Helper()
	var verdicts []verdict
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &verdicts); err != nil {
		t.Fatal(err)
	}
	return verdicts
}

// stricter are the files that Python takes and Open doesn't.
var stricter = map[string]string{
	"name twice, same range": `header: tensor "a" comes twice`,
	"metadata key twice":     `header: __metadata__: "a" comes twice`,
	"tensor as array":        `header: tensor "a": found an array, expected an object`,
}

// refused are the errors about the files that Python refuses too.
var refused = map[string]string{
	"no tensors but data":           `has 1 bytes after the last tensor`,
	"NUL behind":                    `header: byte 54: invalid character '\x00' after top-level value`,
	"second value":                  `header: byte 54: invalid character '{' after top-level value`,
	"array":                         `header: found an array, expected an object`,
	"null":                          `header: found null, expected an object`,
	"truncated JSON":                `header: byte 52: unexpected end of JSON input`,
	"trailing comma":                `header: byte 54: invalid character '}' looking for beginning of object key string`,
	"byte order mark":               `header: byte 0: invalid character 'ï' looking for beginning of value`,
	"data too short":                `is truncated: the tensors take 4 bytes, the file has 3 of them`,
	"data too long":                 `has 1 bytes after the last tensor`,
	"length zero":                   `header: byte 0: unexpected end of JSON input`,
	"length beyond the file":        `is truncated: the header has 3 bytes, the file 10`,
	"length beyond the limit":       `header length: found 100000001 bytes, expected at most 100000000`,
	"length negative":               `header length: found 18446744073709551615 bytes, expected at most 100000000`,
	"length short of the header":    `header: byte 19: unexpected end of JSON input`,
	"name twice":                    `header: tensor "a" comes twice`,
	"dtype twice":                   `header: tensor "a": "dtype" comes twice`,
	"dtype in other case":           `header: tensor "a": has no "dtype"`,
	"no shape":                      `header: tensor "a": has no "shape"`,
	"no offsets":                    `header: tensor "a": has no "data_offsets"`,
	"tensor as number":              `header: tensor "a": found 1, expected an object`,
	"metadata number":               `header: __metadata__: "a": found 1, expected a string`,
	"metadata array":                `header: __metadata__: found an array, expected an object`,
	"metadata twice":                `header: __metadata__ comes twice`,
	"metadata as tensor":            `header: __metadata__: "shape": found an array, expected a string`,
	"empty tensor, overflow before": `header: tensor "a": shape [9223372036854775807 4 0] has more than 2^64 elements`,
	"overflow of elements":          `header: tensor "a": shape [4294967296 4294967296] has more than 2^64 elements`,
	"overflow of bytes":             `header: tensor "a": shape [4611686018427387904] of F32 has more than 2^63 bytes`,
	"shape negative":                `header: tensor "a": shape: found -1, expected an integer from 0 to 2^63-1`,
	"shape minus zero":              `header: tensor "a": shape: found -0, expected an integer from 0 to 2^63-1`,
	"shape fraction":                `header: tensor "a": shape: found 1.0, expected an integer from 0 to 2^63-1`,
	"shape exponent":                `header: tensor "a": shape: found 1e0, expected an integer from 0 to 2^63-1`,
	"shape beyond 64 bits":          `header: tensor "a": shape: found 18446744073709551617, expected an integer from 0 to 2^63-1`,
	"shape text":                    `header: tensor "a": shape: found a string, expected a number`,
	"shape null":                    `header: tensor "a": shape: found null, expected an array`,
	"shape and range differ":        `header: tensor "a": data_offsets: found 4 bytes, but shape [2] of F32 takes 8`,
	"offsets of three":              `header: tensor "a": data_offsets: found 3 numbers, expected 2`,
	"offsets of one":                `header: tensor "a": data_offsets: found 1 numbers, expected 2`,
	"offsets backwards":             `header: tensor "a": data_offsets: found [4, 0], which ends before it begins`,
	"offsets beyond the data":       `header: 1000000000000 bytes before tensor "a" belong to no tensor`,
	"hole in front":                 `header: 4 bytes before tensor "a" belong to no tensor`,
	"hole between":                  `header: 4 bytes before tensor "b" belong to no tensor`,
	"overlap":                       `header: tensors "a" and "b" overlap`,
	"same range":                    `header: tensors "a" and "b" overlap`,
	"name of half a character":      `header: byte 2: \ud800 is half a character`,
	"name not UTF-8":                `header: byte 2: 0xFF is not valid UTF-8`,
	"dtype C128":                    `header: tensor "a": dtype: "C128" is unknown`,
	"dtype f32":                     `header: tensor "a": dtype: "f32" is unknown`,
	"dtype ":                        `header: tensor "a": dtype: "" is unknown`,
	"dtype F4, half a byte":         `header: tensor "a": shape [3] of F4 doesn't end at a byte's border`,
	"dtype number":                  `header: tensor "a": dtype: found 1, expected a string`,
}

func TestOpenTakesWhatPythonTakes(t *testing.T) {
	for _, v := range readVerdicts(t) {
		t.Run(v.Name, func(t *testing.T) {
			want, isStricter := stricter[v.Name]
			if v.Error != "" {
				want = refused[v.Name]
				if want == "" {
					t.Fatalf("no error noted for what Python refuses: %s", v.Error)
				}
			}
			path := write(t, string(v.File))
			f, err := Open(path)
			if v.Error != "" || isStricter {
				if err == nil || err.Error() != path+": "+want {
					t.Errorf("got error %v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got := f.Tensors(); len(got) != len(v.Tensors) || len(got) > 0 && !reflect.DeepEqual(got, v.Tensors) {
				t.Errorf("got tensors %v, want %v", got, v.Tensors)
			}
			if got := f.Metadata(); !reflect.DeepEqual(got, v.Metadata) {
				t.Errorf("got metadata %v, want %v", got, v.Metadata)
			}
		})
	}
}

func TestFilesOfAnotherKindAreNamed(t *testing.T) {
	for content, want := range map[string]string{
		"":        "is empty",
		"1234567": "has 7 bytes, expected at least 8: the header's length",
		"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n": "is a Git LFS pointer, not the tensors",
		"GGUF\x03\x00\x00\x00\x01\x00":                                         "is a GGUF file, not a safetensors file",
		"PK\x03\x04\x00\x00\x00\x08\x08archive/data.pkl":                       "is a PyTorch file, not a safetensors file",
		"\n<!DOCTYPE html><html>Not found</html>":                              "is a web page, not a safetensors file",
	} {
		path := write(t, content)
		_, err := Open(path)
		if err == nil || err.Error() != path+": "+want || hint.Of(err) == "" {
			t.Errorf("%.20q: got %v (%q), want %s", content, err, hint.Of(err), want)
		}
	}
}

func TestWhatIsNoFileIsNamed(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(folder); err == nil || err.Error() != folder+": is not a regular file" {
		t.Errorf("folder: %v", err)
	}
	missing := filepath.Join(folder, "missing.safetensors")
	if _, err := Open(missing); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("missing file: %v", err)
	}
}

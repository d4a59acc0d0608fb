package archtest

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// maxHeader bounds a safetensors header, as the format's own reader does.
const maxHeader = 100 << 20

// Folder is the checkpoint of a HuggingFace folder: config.json and the headers of
// model.safetensors, or of the files that model.safetensors.index.json names. The
// subtest is called after the folder.
func Folder(t *testing.T, dir string) Checkpoint {
	t.Helper()
	c := Checkpoint{Name: filepath.Base(dir), Config: read(t, filepath.Join(dir, "config.json"))}
	files := []string{"model.safetensors"}
	if _, err := os.Stat(filepath.Join(dir, files[0])); err != nil {
		var index struct {
			WeightMap map[string]string `json:"weight_map"`
		}
		path := filepath.Join(dir, "model.safetensors.index.json")
		if err := json.Unmarshal(read(t, path), &index); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		files = files[:0]
		for _, file := range index.WeightMap {
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	for _, file := range files {
		c.Tensors = append(c.Tensors, headers(t, filepath.Join(dir, file))...)
	}
	sort(c.Tensors)
	return c
}

func sort(tensors []arch.TensorHeader) {
	slices.SortFunc(tensors, func(a, b arch.TensorHeader) int { return strings.Compare(a.Name, b.Name) })
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// headers reads what a safetensors file says about its tensors.
func headers(t *testing.T, path string) []arch.TensorHeader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var length uint64
	if err := binary.Read(f, binary.LittleEndian, &length); err != nil || length > maxHeader {
		t.Fatalf("%s: a header of %d bytes: %v", path, length, err)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(f, b); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var header map[string]struct {
		DType string `json:"dtype"`
		Shape []int  `json:"shape"`
	}
	if err := json.Unmarshal(b, &header); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var tensors []arch.TensorHeader
	for name, h := range header {
		if name != "__metadata__" {
			tensors = append(tensors, arch.TensorHeader{Name: name, DType: h.DType, Shape: h.Shape})
		}
	}
	return tensors
}

// Folders are the HuggingFace folders that a glob finds whose config.json has one of
// the model types.
func Folders(t *testing.T, glob string, modelTypes ...string) []Checkpoint {
	t.Helper()
	dirs, err := filepath.Glob(glob)
	if err != nil {
		t.Fatal(err)
	}
	var all []Checkpoint
	for _, dir := range dirs {
		path := filepath.Join(dir, "config.json")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		var config struct {
			ModelType string `json:"model_type"`
		}
		if err := json.Unmarshal(read(t, path), &config); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if slices.Contains(modelTypes, config.ModelType) {
			all = append(all, Folder(t, dir))
		}
	}
	return all
}

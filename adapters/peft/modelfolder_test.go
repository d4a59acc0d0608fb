package peft

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// stored is a tensor of a model's folder.
type stored struct {
	safetensors.Tensor
	values []float32
}

// weightsOf are numbers for all tensors of a model, of one type, in the order of their
// names; given ones instead of made ones.
func weightsOf(a *arch.Architecture, dtype string, given map[string][]float32) []stored {
	var all []stored
	add := func(t arch.Tensor) {
		if slices.ContainsFunc(all, func(s stored) bool { return s.Name == t.Name }) {
			return
		}
		values := given[t.Name]
		if values == nil {
			values = make([]float32, checkpoint.Entries(t.Shape))
			for i := range values {
				values[i] = float32(math.Sin(float64((i + 1) * (len(all) + 3))))
			}
		}
		all = append(all, stored{safetensors.Tensor{Name: t.Name, DType: dtype, Shape: t.Shape}, values})
	}
	for _, m := range a.Modules {
		add(m.Weight)
		if m.Copy != nil {
			add(*m.Copy)
		}
		if m.Bias != nil {
			add(*m.Bias)
		}
	}
	slices.SortFunc(all, func(a, b stored) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// modelFolder writes a HuggingFace folder, its tensors cut into some files.
func modelFolder(t *testing.T, all []stored, files int) string {
	t.Helper()
	dir := t.TempDir()
	config, _ := json.Marshal(map[string]any{"model_type": "llama", "architectures": []string{"LlamaForCausalLM"}})
	put(t, filepath.Join(dir, "config.json"), string(config))
	index := map[string]any{}
	for i := range files {
		part := all[i*len(all)/files : (i+1)*len(all)/files]
		name := shardName(i, files)
		writeStored(t, filepath.Join(dir, name), part)
		for _, s := range part {
			index[s.Name] = name
		}
	}
	if files > 1 {
		raw, _ := json.Marshal(map[string]any{"metadata": map[string]any{}, "weight_map": index})
		put(t, filepath.Join(dir, "model.safetensors.index.json"), string(raw))
	}
	return dir
}

// writeStored writes a file by hand, in types that this project only reads too.
func writeStored(t *testing.T, path string, all []stored) {
	t.Helper()
	header := map[string]any{"__metadata__": map[string]string{"format": "pt", "made": "by a test"}}
	var data []byte
	for _, s := range all {
		first := len(data)
		switch s.DType {
		case "F64":
			for _, v := range s.values {
				data = binary.LittleEndian.AppendUint64(data, math.Float64bits(float64(v)))
			}
		case "F8_E4M3":
			data = append(data, make([]byte, len(s.values))...)
		default:
			b, err := safetensors.Encode(nil, s.DType, s.values)
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, b...)
		}
		header[s.Name] = map[string]any{"dtype": s.DType, "shape": s.Shape, "data_offsets": []int{first, len(data)}}
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, string(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))+string(text)+string(data))
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func openModel(t *testing.T, dir string) *checkpoint.Checkpoint {
	t.Helper()
	ck, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ck.Close() })
	return ck
}

// merge merges, and returns what is in the result.
func merge(t *testing.T, adapter, model string, a *arch.Architecture) (*Merged, map[string]stored, string) {
	t.Helper()
	dir := t.TempDir()
	m, err := Merge(context.Background(), adapter, openModel(t, model), a, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m, readFolder(t, dir), dir
}

func readFolder(t *testing.T, dir string) map[string]stored {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	all := make(map[string]stored)
	for _, path := range files {
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range f.Tensors() {
			s := stored{h, make([]float32, checkpoint.Entries(h.Shape))}
			if err := f.ReadFloat32(h.Name, 0, s.values); err != nil {
				t.Fatal(err)
			}
			all[h.Name] = s
		}
		f.Close()
	}
	return all
}

// farthest is the largest distance of two lists, beside the second's largest entry.
func farthest(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst, largest := 0.0, 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
		largest = max(largest, math.Abs(float64(want[i])))
	}
	return worst / largest
}

// differing counts the entries that are not equal.
func differing(a, b []float32) int {
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func rounded(t *testing.T, dtype string, values []float32) []float32 {
	t.Helper()
	values = slices.Clone(values)
	if err := safetensors.Round(dtype, values); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", dtype, err))
	}
	return values
}

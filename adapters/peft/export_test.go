package peft

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Export is to give what Merge gives on the HuggingFace folder of the same model: here a
// folder whose tensors lie in other ways is taken for the file.
func TestExportBringsWeightsIntoHuggingFacesNamesAndLayout(t *testing.T) {
	usual, lies := model(t, false, false), model(t, false, false)
	for _, m := range lies.Modules {
		m.Weight.Name = "blk." + m.Path
		switch m.Path {
		case "model.layers.0.self_attn.q_proj":
			m.Weight.Layout.InterleavedHeads = 2
		case "model.layers.1.mlp.up_proj":
			m.Weight.Layout.Transposed = true
			m.Weight.Shape = []int{8, 12}
		}
		if m.Kind == arch.Norm {
			m.Weight.Layout.Offset = 1
		}
	}
	all := weightsOf(lies, "F32", nil)
	ck := openModel(t, modelFolder(t, all, 1))
	plain := make(map[string][]float32)
	for _, m := range lies.Modules {
		values, err := canonical(context.Background(), ck, m.Weight)
		if err != nil {
			t.Fatal(err)
		}
		plain[m.Path+".weight"] = values
	}
	for _, dtype := range []string{"F32", "BF16", "F16"} {
		t.Run(dtype, func(t *testing.T) {
			config, dir, checked := t.TempDir(), t.TempDir(), false
			put(t, filepath.Join(config, "config.json"), "{}")
			put(t, filepath.Join(config, "tokenizer.json"), "{}")
			check := func(dir string) error {
				checked = true
				_, err := os.Stat(filepath.Join(dir, "model.safetensors"))
				return err
			}
			m, err := Export(context.Background(), "testdata/embeddings", ck, lies, config, dtype, dir, check, nil)
			if err != nil || !checked {
				t.Fatal(err, checked)
			}
			_, want, _ := merge(t, "testdata/embeddings", modelFolder(t, weightsOf(usual, dtype, plain), 1), usual)
			got := readFolder(t, dir)
			if len(got) != len(want) || m.Tensors != len(want) || len(m.Changed) != 4 {
				t.Errorf("%d tensors, merged is %+v", len(got), m)
			}
			for name, w := range want {
				if g := got[name]; g.DType != dtype || !slices.Equal(g.Shape, w.Shape) || !slices.Equal(g.values, w.values) {
					t.Errorf("%s: %s %v, or other values", name, g.DType, g.Shape)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "tokenizer.json")); err != nil {
				t.Error(err)
			}
		})
	}
	refused := errors.New("another model")
	_, err := Export(context.Background(), "testdata/embeddings", ck, lies, t.TempDir(), "F32", t.TempDir(), func(string) error { return refused }, nil)
	if !errors.Is(err, refused) {
		t.Errorf("error is %v", err)
	}
}

func TestDeinterleavedUndoesInterleaved(t *testing.T) {
	const heads, rows, width = 3, 12, 2
	m := make([]float32, rows*width)
	for i := range m {
		m[i] = float32(i)
	}
	lies := interleaved(m, heads, rows, width)
	// Of a head's rows 0 1 2 3, llama.cpp has 0 2 1 3.
	if !slices.Equal(lies[:8], []float32{0, 1, 4, 5, 2, 3, 6, 7}) {
		t.Errorf("the first head lies as %v", lies[:8])
	}
	if got := deinterleaved(lies, heads, rows); !slices.Equal(got, m) {
		t.Errorf("got %v", got)
	}
}

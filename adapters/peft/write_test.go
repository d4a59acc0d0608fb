package peft

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// small is an adapter of a linear map [2, 3] and an embedding [4 rows, 2].
func small() *Adapter {
	return &Adapter{BaseModel: "org/<student>", Rank: 2, Modules: []Module{
		{Path: "model.embed_tokens", Embedding: true, Out: 2, In: 4, A: []float32{1, 2, 3, 4, 5, 6, 7, 8}, B: []float32{1, 0, 0, 1}},
		{Path: "model.layers.0.mlp.up_proj", Out: 2, In: 3, A: []float32{1, 2, 3, 0, 0, 1}, B: []float32{1, 10, 2, 20}},
	}}
}

const smallConfig = `{
  "alpha_pattern": {},
  "auto_mapping": null,
  "base_model_name_or_path": "org/<student>",
  "bias": "none",
  "fan_in_fan_out": false,
  "inference_mode": true,
  "init_lora_weights": true,
  "layers_pattern": null,
  "layers_to_transform": null,
  "lora_alpha": 2,
  "lora_dropout": 0.0,
  "modules_to_save": null,
  "peft_type": "LORA",
  "r": 2,
  "rank_pattern": {},
  "revision": null,
  "target_modules": [
    "model.embed_tokens",
    "model.layers.0.mlp.up_proj"
  ],
  "task_type": "CAUSAL_LM"
}
`

func TestWriteHasPEFT06sKeysAlone(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, small()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != smallConfig {
		t.Errorf("adapter_config.json is\n%s", got)
	}
	f, err := safetensors.Open(filepath.Join(dir, WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if m := f.Metadata(); len(m) != 1 || m["format"] != "pt" {
		t.Errorf("metadata is %v", m)
	}
	var names []string
	for _, h := range f.Tensors() {
		names = append(names, h.Name+" "+h.DType)
	}
	want := []string{
		"base_model.model.model.embed_tokens.lora_embedding_A F32",
		"base_model.model.model.embed_tokens.lora_embedding_B F32",
		"base_model.model.model.layers.0.mlp.up_proj.lora_A.weight F32",
		"base_model.model.model.layers.0.mlp.up_proj.lora_B.weight F32",
	}
	if strings.Join(names, "\n") != strings.Join(want, "\n") {
		t.Errorf("tensors are\n%s", strings.Join(names, "\n"))
	}
}

func TestWriteReadWriteGivesTheSameBytes(t *testing.T) {
	a := small()
	a.Modules[0].Base = []float32{1, 2, 3, 4, 5, 6, 7, 8}
	first, second := t.TempDir(), t.TempDir()
	if err := Write(first, a); err != nil {
		t.Fatal(err)
	}
	back, err := Read(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(second, back); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ConfigFile, WeightsFile} {
		x, errX := os.ReadFile(filepath.Join(first, name))
		y, errY := os.ReadFile(filepath.Join(second, name))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs (%v, %v)", name, errX, errY)
		}
	}
}

func TestWriteRefusesWhatPEFTWouldNotLoad(t *testing.T) {
	nan := float32(0)
	nan /= nan
	tests := []struct {
		name   string
		change func(*Adapter)
		want   string
	}{
		{"no modules", func(a *Adapter) { a.Modules = nil }, "has no modules"},
		{"no rank", func(a *Adapter) { a.Rank = 0 }, "rank is 0"},
		{"order", func(a *Adapter) { a.Modules[0], a.Modules[1] = a.Modules[1], a.Modules[0] }, "expected paths in order"},
		{"twice", func(a *Adapter) { a.Modules[1] = a.Modules[0] }, "each once"},
		{"short A", func(a *Adapter) { a.Modules[1].A = a.Modules[1].A[:5] }, "found 5 entries of A and 4 of B, expected 6 and 4"},
		{"short base", func(a *Adapter) { a.Modules[1].Base = make([]float32, 5) }, "expected 6"},
		{"NaN", func(a *Adapter) { a.Modules[1].B[2] = nan }, "model.layers.0.mlp.up_proj: B has NaN at entry 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, dir := small(), t.TempDir()
			tt.change(a)
			err := Write(dir, a)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want %q in it", err, tt.want)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%d files are left", len(left))
			}
		})
	}
}

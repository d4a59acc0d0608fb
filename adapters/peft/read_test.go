package peft

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// TestReadAndAddGiveWhatPEFTMerges: each adapter in testdata was written by PEFT,
// which also said what it makes of the weights; within 1e-6 of the largest entry.
func TestReadAndAddGiveWhatPEFTMerges(t *testing.T) {
	modules := map[string]int{
		"suffixes": 6, "patterns": 6, "rslora": 14, "bf16": 4, "embeddings": 4, "regex": 4, "layers": 2, "gpt2": 3,
	}
	for name, want := range modules {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			a, err := Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Modules) != want {
				t.Errorf("%d modules, want %d", len(a.Modules), want)
			}
			for _, m := range a.Modules {
				module := &arch.Module{Path: m.Path, Kind: arch.Linear, Out: m.Out, In: m.In}
				if m.Embedding {
					module = &arch.Module{Path: m.Path, Kind: arch.Embedding, Out: m.In, In: m.Out}
				}
				weight, after := merged(t, dir, m.Path)
				if m.Base != nil {
					clear(weight) // PEFT puts the saved weight in its place
				}
				if err := a.Add(module, weight); err != nil {
					t.Fatal(err)
				}
				largest := 0.0
				for _, v := range after {
					largest = max(largest, math.Abs(float64(v)))
				}
				for i := range after {
					if d := math.Abs(float64(weight[i]) - float64(after[i])); d > 1e-6*largest {
						t.Fatalf("%s: entry %d is %v, PEFT makes it %v", m.Path, i, weight[i], after[i])
					}
				}
			}
		})
	}
}

// merged reads what PEFT says of a module's weight.
func merged(t *testing.T, dir, path string) (before, after []float32) {
	t.Helper()
	f, err := safetensors.Open(filepath.Join(dir, "merged.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read := func(name string) []float32 {
		for _, h := range f.Tensors() {
			if h.Name == name {
				values := make([]float32, h.Shape[0]*h.Shape[1])
				if err := f.ReadFloat32(name, 0, values); err != nil {
					t.Fatal(err)
				}
				return values
			}
		}
		t.Fatalf("no tensor %s", name)
		return nil
	}
	return read("before." + path), read("after." + path)
}

func TestAddIsSafeForConcurrentUse(t *testing.T) {
	a, err := Read("testdata/suffixes")
	if err != nil {
		t.Fatal(err)
	}
	m := a.Modules[0]
	module := &arch.Module{Path: m.Path, Kind: arch.Linear, Out: m.Out, In: m.In}
	want := make([]float32, m.Out*m.In)
	if err := a.Add(module, want); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got := make([]float32, m.Out*m.In)
			if err := a.Add(module, got); err != nil || got[3] != want[3] {
				t.Errorf("got %v, %v; want %v", got[3], err, want[3])
			}
		})
	}
	group.Wait()
}

func TestAddLeavesOtherModulesAlone(t *testing.T) {
	weight := []float32{1, 2}
	if err := small().Add(&arch.Module{Path: "lm_head", Kind: arch.Linear, Out: 1, In: 2}, weight); err != nil || weight[0] != 1 {
		t.Errorf("weight %v, error %v", weight, err)
	}
}

func TestAddWithTilesEqualsOneProduct(t *testing.T) {
	const out, in, rank = 700, 1100, 2 // more than one tile
	m := Module{Path: "x", Out: out, In: in, A: make([]float32, rank*in), B: make([]float32, out*rank)}
	for i := range m.A {
		m.A[i] = float32(i%17) - 8
	}
	for i := range m.B {
		m.B[i] = float32(i%13) - 6
	}
	e := Module{Path: "y", Embedding: true, Out: in, In: out, A: make([]float32, rank*out), B: make([]float32, in*rank)}
	for k := range rank { // B A of e is that of m, transposed
		for o := range out {
			e.A[k*out+o] = m.B[o*rank+k]
		}
		for i := range in {
			e.B[i*rank+k] = m.A[k*in+i]
		}
	}
	a := &Adapter{Rank: rank, Modules: []Module{m, e}}
	for _, module := range []*arch.Module{
		{Path: "x", Kind: arch.Linear, Out: out, In: in},
		{Path: "y", Kind: arch.Embedding, Out: out, In: in},
	} {
		weight := make([]float32, out*in)
		if err := a.Add(module, weight); err != nil {
			t.Fatal(err)
		}
		for o := range out {
			for i := range in {
				want := m.B[o*rank]*m.A[i] + m.B[o*rank+1]*m.A[in+i]
				if weight[o*in+i] != want {
					t.Fatalf("%s [%d, %d] is %v, want %v", module.Path, o, i, weight[o*in+i], want)
				}
			}
		}
	}
}

func TestAddRefusesAnotherShape(t *testing.T) {
	err := small().Add(&arch.Module{Path: "model.layers.0.mlp.up_proj", Kind: arch.Linear, Out: 3, In: 3}, make([]float32, 9))
	want := "model.layers.0.mlp.up_proj: the adapter changes a linear map [2, 3], but the model has a linear map [3, 3]"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// adapted writes small's files, changed.
func adapted(t *testing.T, config func(string) string, weights func([]safetensors.Data) []safetensors.Data) string {
	t.Helper()
	dir := t.TempDir()
	text, data := smallConfig, tensors(small())
	if config != nil {
		text = config(text)
	}
	if weights != nil {
		data = weights(data)
	}
	if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := safetensors.Write(f, data, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func replace(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

func setting(line string) func(string) string { return replace("{\n", "{\n  "+line+",\n") }

// rename renames the tensors.
func rename(old, new string) func([]safetensors.Data) []safetensors.Data {
	return func(all []safetensors.Data) []safetensors.Data {
		for i := range all {
			all[i].Name = strings.Replace(all[i].Name, old, new, 1)
		}
		return all
	}
}

func TestReadRefusesByName(t *testing.T) {
	inf := float32(math.Inf(1))
	tests := []struct {
		name    string
		config  func(string) string
		weights func([]safetensors.Data) []safetensors.Data
		want    string
		hint    string
	}{
		{"modules_to_save", replace(`"modules_to_save": null`, `"modules_to_save": ["lm_head"]`), nil, `modules_to_save: found ["lm_head"], expected null: whole modules in place of the base's are not supported`, ""},
		{"DoRA", setting(`"use_dora": true`), nil, "use_dora: found true", ""},
		{"IA3", replace(`"LORA"`, `"IA3"`), nil, `peft_type: found "IA3", expected "LORA"`, ""},
		{"bias", replace(`"none"`, `"lora_only"`), nil, `bias: found "lora_only", expected "none"`, ""},
		{"pissa", replace(`"init_lora_weights": true`, `"init_lora_weights": "pissa_niter_4"`), nil, "changes the base's weights", "path_initial_model_for_weight_conversion"},
		{"tokens", setting(`"trainable_token_indices": [1, 2]`), nil, "trainable_token_indices: found [1,2]", ""},
		{"parameters", setting(`"target_parameters": ["mlp.bias_matrix"]`), nil, "target_parameters: found mlp.bias_matrix", ""},
		{"unknown setting", setting(`"use_magic": 3`), nil, "use_magic: found 3, expected null: a setting that is unknown here", ""},
		{"rank in words", replace(`"r": 2`, `"r": "two"`), nil, `r: found "two"`, ""},
		{"rank 0", replace(`"r": 2`, `"r": 0`), nil, "r: found 0, expected 1 or more", ""},
		{"half a rank", replace(`"r": 2`, `"r": 2.5`), nil, "r: found 2.5, expected an integer", ""},
		{"no type", replace(`"peft_type": "LORA",`, ""), nil, "has no peft_type", "save_pretrained"},
		{"no JSON", func(string) string { return "{" }, nil, ConfigFile, ""},
		{"a list", func(string) string { return "[]" }, nil, "found no JSON object", ""},
		{"regular expression", replace("\"target_modules\": [\n    \"model.embed_tokens\",\n    \"model.layers.0.mlp.up_proj\"\n  ]", `"target_modules": "(?!x).*"`), nil, "cannot be used here", ""},
		{"not a target", replace(`"model.embed_tokens",`, ""), nil, "model.embed_tokens: found weights, expected the module among target_modules: PEFT would ignore them", ""},
		{"excluded", setting(`"exclude_modules": ["up_proj"]`), nil, "model.layers.0.mlp.up_proj: found weights, expected the module among target_modules", ""},
		{"no prefix", nil, rename("base_model.model.", ""), "PEFT would ignore it, because it does not begin with base_model.model.", ""},
		{"adapter's name", nil, rename("lora_A.weight", "lora_A.other.weight"), "stands an adapter's name", ""},
		{"a whole module", nil, rename("up_proj.lora_A.weight", "up_proj.weight"), "replaces parts of the base", ""},
		{"B alone", nil, func(all []safetensors.Data) []safetensors.Data { return all[1:] }, "model.embed_tokens: found B without A", ""},
		{"rank of A", nil, func(all []safetensors.Data) []safetensors.Data {
			all[2].Shape, all[2].Values = []int{1, 3}, all[2].Values[:3]
			return all
		}, "found A [1 3] and B [2 2], expected A [2, in] and B [out, 2]", ""},
		{"infinite", nil, func(all []safetensors.Data) []safetensors.Data { all[2].Values[4] = inf; return all }, "up_proj.lora_A.weight: found +Inf at [1, 1], expected a number", ""},
		{"nothing", nil, func([]safetensors.Data) []safetensors.Data { return nil }, "found no LoRA weights", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := adapted(t, tt.config, tt.weights)
			_, err := Read(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Fatalf("error is %v, want %q in it and the folder", err, tt.want)
			}
			if got := hint.Of(err); !strings.Contains(got, tt.hint) {
				t.Errorf("hint is %q, want %q in it", got, tt.hint)
			}
		})
	}
}

func TestReadSaysWhichFolderIsMeant(t *testing.T) {
	write := func(t *testing.T, path string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(smallConfig), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		files []string
		want  string
		hint  string
	}{
		{"paper's form", []string{"init/adapter_config.json", "negative/adapter_config.json"}, "has no adapter_config.json of its own", "init"},
		{"pickle", []string{"adapter_config.json", "adapter_model.bin"}, "is a pickle", "save_pretrained"},
		{"no weights", []string{"adapter_config.json"}, "adapter_model.safetensors", ""},
		{"empty", nil, "adapter_config.json", "an adapter's folder has"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range tt.files {
				write(t, filepath.Join(dir, f))
			}
			_, err := Read(dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want %q in it", err, tt.want)
			}
			if got := hint.Of(err); !strings.Contains(got, tt.hint) {
				t.Errorf("hint is %q, want %q in it", got, tt.hint)
			}
		})
	}
}

func TestReadTakesAnOldConfig(t *testing.T) {
	// PEFT 0.6 wrote no more than the settings that Write writes; some tools write fewer.
	dir := adapted(t, func(string) string {
		return `{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["up_proj", "embed_tokens"], "lora_dropout": 0.05}`
	}, nil)
	a, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Module("model.layers.0.mlp.up_proj").B[1]; got != 20 { // alpha is twice the rank
		t.Errorf("B[0, 1] is %v, want 20", got)
	}
}

func FuzzReadConfig(f *testing.F) {
	f.Add([]byte(smallConfig))
	for _, name := range []string{"patterns", "regex", "layers", "gpt2"} {
		data, err := os.ReadFile(filepath.Join("testdata", name, ConfigFile))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"peft_type":"LORA","layers_to_transform":3,"layers_pattern":["h"],"target_modules":["c_proj"],"exclude_modules":"a|b"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseConfig(ConfigFile, data)
		if err != nil {
			return
		}
		c.scale("model.layers.0.mlp.up_proj")
		c.targets.match("model.layers.0.mlp.up_proj", true)
	})
}

package peft

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// PEFT says in testdata what it makes of float32 weights: within 1e-6 of the largest entry.
// Of the other types the steps are those that Merge promises, one rounding for a linear
// map and two for an embedding, but for the last bit of a float32 product: at most one
// entry in a hundred is rounded the other way.
func TestMergeGivesWhatPEFTMerges(t *testing.T) {
	a := model(t, false, false)
	for _, name := range []string{"suffixes", "patterns", "rslora", "bf16", "embeddings", "regex", "layers"} {
		for _, dtype := range []string{"F32", "F64", "BF16", "F16"} {
			t.Run(name+" "+dtype, func(t *testing.T) {
				adapter := filepath.Join("testdata", name)
				read, err := Read(adapter)
				if err != nil {
					t.Fatal(err)
				}
				before, after := map[string][]float32{}, map[string][]float32{}
				for _, m := range read.Modules {
					before[m.Path+".weight"], after[m.Path+".weight"] = merged(t, adapter, m.Path)
				}
				all := weightsOf(a, dtype, before)
				m, got, _ := merge(t, adapter, modelFolder(t, all, 1), a)
				if m.Modules != len(read.Modules) || len(m.Changed) != len(read.Modules) || m.Rank != read.Rank || m.Tensors != len(all) {
					t.Errorf("merged is %+v", m)
				}
				for _, s := range all {
					have := got[s.Name]
					module := read.Module(strings.TrimSuffix(s.Name, ".weight"))
					switch {
					case have.DType != dtype || !slices.Equal(have.Shape, s.Shape):
						t.Errorf("%s is %s %v, was %s %v", s.Name, have.DType, have.Shape, dtype, s.Shape)
					case module == nil:
						if !slices.Equal(have.values, rounded(t, dtype, s.values)) {
							t.Errorf("%s has changed", s.Name)
						}
					case dtype == "F32" || dtype == "F64":
						if d := farthest(have.values, after[s.Name]); d > 1e-6 {
							t.Errorf("%s is %.1e from what PEFT makes of it", s.Name, d)
						}
					default:
						want := inSteps(t, dtype, read, module, s.values)
						if n := differing(have.values, want); n > 1+len(want)/100 {
							t.Errorf("%s: %d of %d entries differ", s.Name, n, len(want))
						}
					}
				}
			})
		}
	}
}

// inSteps is what Merge says that it does, by Add.
func inSteps(t *testing.T, dtype string, a *Adapter, m *Module, values []float32) []float32 {
	t.Helper()
	result := rounded(t, dtype, values)
	if m.Base != nil {
		result = rounded(t, dtype, m.Base)
	}
	delta := make([]float32, len(values))
	module := &arch.Module{Path: m.Path, Kind: arch.Linear, Out: m.Out, In: m.In}
	if m.Embedding {
		module = &arch.Module{Path: m.Path, Kind: arch.Embedding, Out: m.In, In: m.Out}
	}
	only := &Adapter{Rank: a.Rank, Modules: []Module{*m}}
	only.Modules[0].Base = nil
	if err := only.Add(module, delta); err != nil {
		t.Fatal(err)
	}
	if m.Embedding {
		delta = rounded(t, dtype, delta)
	}
	for i := range result {
		result[i] += delta[i]
	}
	return rounded(t, dtype, result)
}

func TestMergeKeepsFilesHeadersAndAllThatIsNotChanged(t *testing.T) {
	a := model(t, false, false)
	model := modelFolder(t, weightsOf(a, "BF16", nil), 3)
	put(t, filepath.Join(model, "tokenizer.json"), "{}")
	put(t, filepath.Join(model, "README.md"), "of the model")
	put(t, filepath.Join(model, "additional_chat_templates", "rag.jinja"), "x")
	put(t, filepath.Join(model, "onnx", "model.onnx"), "not the model's own")
	put(t, filepath.Join(model, ".gitattributes"), "hidden")
	put(t, filepath.Join(model, "pytorch_model.bin"), "other weights")
	put(t, filepath.Join(model, "golden.safetensors"), "no part of the model")
	put(t, filepath.Join(model, "adapter_config.json"), "transformers would load it")
	put(t, filepath.Join(model, MergeFile), "of an earlier merge")
	put(t, filepath.Join(model, "shared"), "licence")
	if err := os.Symlink("shared", filepath.Join(model, "LICENSE")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(model, "dangling")); err != nil {
		t.Fatal(err)
	}
	m, _, dir := merge(t, "testdata/layers", model, a)
	if !slices.Equal(m.Changed, []string{"model.layers.1.mlp.up_proj.weight", "model.layers.1.self_attn.k_proj.weight"}) {
		t.Errorf("changed are %v", m.Changed)
	}
	var names []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if name, _ := filepath.Rel(dir, path); err == nil && e.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	want := []string{
		"LICENSE", "README.md", "additional_chat_templates/rag.jinja", "config.json", "model-00001-of-00003.safetensors",
		"model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json", "shared", "tokenizer.json",
	}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("files are %v, want %v (%v)", names, want, err)
	}
	for _, name := range want {
		before, err := os.ReadFile(filepath.Join(model, name))
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) != ".safetensors" {
			if !bytes.Equal(before, after) {
				t.Errorf("%s has changed", name)
			}
			continue
		}
		if len(before) != len(after) || !bytes.Equal(before[:200], after[:200]) {
			t.Errorf("%s: the header or the length has changed", name)
		}
		sameBytes(t, filepath.Join(model, name), filepath.Join(dir, name), m.Changed)
	}
}

// sameBytes wants two files' tensors equal byte for byte, but for some.
func sameBytes(t *testing.T, before, after string, but []string) {
	t.Helper()
	x, err := safetensors.Open(before)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	y, err := safetensors.Open(after)
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	for _, h := range x.Tensors() {
		read := func(f *safetensors.File) string {
			raw, err := f.Raw(h.Name)
			if err != nil {
				t.Fatal(err)
			}
			b := make([]byte, raw.Size())
			if _, err := raw.ReadAt(b, 0); err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		if (read(x) == read(y)) == slices.Contains(but, h.Name) {
			t.Errorf("%s: changed, or not, against what is wanted", h.Name)
		}
	}
}

func TestMergeOfTiedWeightsChangesBoth(t *testing.T) {
	a := model(t, true, false)
	head, embed := a.Module("lm_head"), a.Module("model.embed_tokens")
	// Some models have a copy of the tied weight.
	head.Copy = &arch.Tensor{Name: "lm_head.weight", Shape: []int{10, 8}}
	all := weightsOf(a, "F32", nil)
	for i := range all {
		if all[i].Name == "lm_head.weight" {
			all[i].values = all[slices.IndexFunc(all, func(s stored) bool { return s.Name == embed.Weight.Name })].values
		}
	}
	folder, adapter := modelFolder(t, all, 1), t.TempDir()
	trained := zeros("lm_head", false, 10, 8)
	trained.Modules = append(trained.Modules, zeros("model.embed_tokens", true, 8, 10).Modules...)
	for i := range trained.Modules {
		for k := range trained.Modules[i].B {
			trained.Modules[i].B[k] += float32(k%5) - 2
		}
	}
	if err := Write(adapter, trained); err != nil {
		t.Fatal(err)
	}
	m, got, _ := merge(t, adapter, folder, a)
	if !slices.Equal(m.Changed, []string{"lm_head.weight", "model.embed_tokens.weight"}) || len(m.Findings) != 2 {
		t.Errorf("merged is %+v", m)
	}
	want := slices.Clone(all[slices.IndexFunc(all, func(s stored) bool { return s.Name == embed.Weight.Name })].values)
	for _, module := range []*arch.Module{embed, {Path: "lm_head", Kind: arch.Linear, Out: 10, In: 8}} {
		if err := trained.Add(module, want); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range m.Changed {
		if d := farthest(got[name].values, want); d > 1e-6 {
			t.Errorf("%s is off by %.1e", name, d)
		}
	}
}

// A module may lie transposed, with interleaved heads, or as one matrix of many.
func TestMergeFindsTheWeightAsItLies(t *testing.T) {
	const path = "model.layers.0.self_attn.q_proj"
	for _, layout := range []arch.Layout{{Transposed: true}, {InterleavedHeads: 2}, {Stacked: true, Index: 1}, {Stacked: true, Transposed: true, Index: 2}} {
		a := model(t, false, false)
		module := a.Module(path)
		module.Weight.Layout = layout
		if layout.Stacked {
			module.Weight.Shape = []int{3, 8, 8}
		}
		folder, adapter := modelFolder(t, weightsOf(a, "F32", nil), 1), t.TempDir()
		trained := zeros(path, false, 8, 8)
		for k := range trained.Modules[0].B {
			trained.Modules[0].B[k] += float32(k % 7)
		}
		if err := Write(adapter, trained); err != nil {
			t.Fatal(err)
		}
		want, err := canonical(context.Background(), openModel(t, folder), module.Weight)
		if err != nil {
			t.Fatal(err)
		}
		if err := trained.Add(module, want); err != nil {
			t.Fatal(err)
		}
		_, result, dir := merge(t, adapter, folder, a)
		got, err := canonical(context.Background(), openModel(t, dir), module.Weight)
		if err != nil {
			t.Fatal(err)
		}
		if d := farthest(got, want); d > 1e-6 {
			t.Errorf("%+v: off by %.1e", layout, d)
		}
		if layout.Stacked {
			before := readFolder(t, folder)[path+".weight"].values
			if n := differing(result[path+".weight"].values, before); n > 64 {
				t.Errorf("%+v: %d entries have changed", layout, n)
			}
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	all := weightsOf(model(t, false, false), "F32", nil)
	at := func(name string) int { return slices.IndexFunc(all, func(s stored) bool { return s.Name == name }) }
	nan := func(all []stored) []stored {
		all[at("model.layers.1.mlp.up_proj.weight")].values[9] = float32(math.NaN())
		return all
	}
	tests := []struct {
		name    string
		adapter func(t *testing.T) string
		weights func([]stored) []stored
		want    string
	}{
		{"another model", func(t *testing.T) string { return saved(t, zeros("model.layers.2.mlp.up_proj", false, 12, 8)) }, nil, "it has none of this path"},
		{"another shape", func(t *testing.T) string { return saved(t, zeros("model.layers.1.mlp.up_proj", false, 12, 9)) }, nil, "found factors of a change of [12 9], expected [12, 8], the model's weight"},
		{"what PEFT would not load", func(t *testing.T) string { return adapted(t, nil, rename("base_model.model.", "")) }, nil, "PEFT would ignore it"},
		{"what is not supported", func(t *testing.T) string { return adapted(t, setting(`"use_dora": true`), nil) }, nil, "use_dora: found true"},
		{"a number that is none, in the model", nil, nan, `tensor "model.layers.1.mlp.up_proj.weight": the model has NaN at [1, 1], expected a finite number`},
		{"a result that is infinite", func(t *testing.T) string {
			large := zeros("model.layers.1.mlp.up_proj", false, 12, 8)
			large.Modules[0].A[0], large.Modules[0].B[0] = 300, 300
			return saved(t, large)
		}, func(all []stored) []stored {
			for i := range all {
				all[i].DType = "F16"
			}
			return all
		}, `tensor "model.layers.1.mlp.up_proj.weight": the result is +Inf at [0, 0], expected a finite number`},
		{"a quantised weight", nil, func(all []stored) []stored {
			all[at("model.layers.1.mlp.up_proj.weight")].DType = "F8_E4M3"
			return all
		}, "found type F8_E4M3"},
		{"a missing weight", nil, func(all []stored) []stored {
			return slices.Delete(all, at("model.layers.1.mlp.up_proj.weight"), at("model.layers.1.mlp.up_proj.weight")+1)
		}, `has no tensor "model.layers.1.mlp.up_proj.weight", which the adapter changes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := model(t, false, false)
			weights := weightsOf(a, "F32", nil)
			if tt.weights != nil {
				weights = tt.weights(weights)
			}
			adapter := "testdata/layers"
			if tt.adapter != nil {
				adapter = tt.adapter(t)
			}
			_, err := Merge(context.Background(), adapter, openModel(t, modelFolder(t, weights, 1)), a, t.TempDir(), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q in it", err, tt.want)
			}
		})
	}
}

func saved(t *testing.T, a *Adapter) string {
	t.Helper()
	dir := t.TempDir()
	if err := Write(dir, a); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMergeEndsWithItsContext(t *testing.T) {
	a := model(t, false, false)
	ctx, cancel := context.WithCancel(context.Background())
	folder := modelFolder(t, weightsOf(a, "F32", nil), 1)
	progress := func(done, total int64) {
		if done > total/2 {
			cancel()
		}
	}
	if _, err := Merge(ctx, "testdata/suffixes", openModel(t, folder), a, t.TempDir(), progress); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestMergeRefusesGGUF(t *testing.T) {
	ck, err := checkpoint.Open("../../testdata/tiny/gguf/model.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer ck.Close()
	_, err = Merge(context.Background(), "testdata/layers", ck, model(t, false, false), t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "expected a HuggingFace folder") {
		t.Errorf("error is %v (%s)", err, hint.Of(err))
	}
}

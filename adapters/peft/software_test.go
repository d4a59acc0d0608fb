package peft

import (
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// judged is what a program does with an adapter that is changed.
func judged(t *testing.T, software, dir string, a *arch.Architecture, class string) Verdict {
	t.Helper()
	all, err := Judge(dir, a, class)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"PEFT", "vLLM", "llama.cpp", "TGI"}
	for i, v := range all {
		if v.Software != names[i] || v.Version == "" {
			t.Errorf("verdict %d is of %s %s", i, v.Software, v.Version)
		}
	}
	return all[slices.Index(names, software)]
}

// fitted are small's files, in the shapes of the model's; A and B are not zero.
func fitted(t *testing.T, config func(string) string, change func([]safetensors.Data) []safetensors.Data) string {
	t.Helper()
	return adapted(t, config, func(all []safetensors.Data) []safetensors.Data {
		for i, shape := range [][]int{{2, 10}, {8, 2}, {2, 8}, {12, 2}} {
			all[i].Shape, all[i].Values = shape, make([]float32, shape[0]*shape[1])
			for k := range all[i].Values {
				all[i].Values[k] = float32(k%3 - 1)
			}
		}
		if change != nil {
			return change(all)
		}
		return all
	})
}

// everyMLP is an adapter of up_proj in both layers, as TGI wants it.
func everyMLP(rank int) *Adapter {
	a := &Adapter{BaseModel: "org/student", Rank: rank}
	for _, path := range []string{"model.layers.0.mlp.up_proj", "model.layers.1.mlp.up_proj"} {
		m := Module{Path: path, Out: 12, In: 8, A: make([]float32, 8*rank), B: make([]float32, 12*rank)}
		m.A[0], m.B[0] = 1, 1
		a.Modules = append(a.Modules, m)
	}
	return a
}

func TestWhatOtherSoftwareDoes(t *testing.T) {
	dir := func(a *Adapter) func(*testing.T) string {
		return func(t *testing.T) string { return saved(t, a) }
	}
	changed := func(config func(string) string, change func([]safetensors.Data) []safetensors.Data) func(*testing.T) string {
		return func(t *testing.T) string { return fitted(t, config, change) }
	}
	allExperts := &Adapter{BaseModel: "m", Rank: 1}
	for _, l := range []string{"0", "1"} {
		for _, e := range []string{"0", "1"} {
			for _, end := range []string{"down_proj", "gate_proj", "up_proj"} {
				m := Module{Path: "model.layers." + l + ".mlp.experts." + e + "." + end, Out: 12, In: 8, A: make([]float32, 8), B: make([]float32, 12)}
				if end == "down_proj" {
					m.Out, m.In, m.A, m.B = 8, 12, m.B, m.A
				}
				allExperts.Modules = append(allExperts.Modules, m)
			}
		}
	}
	const llama = "LlamaForCausalLM"
	tests := []struct {
		name     string
		software string
		dir      func(*testing.T) string
		class    string
		tied     bool
		experts  bool
		does     Effect
		want     string // in the reasons, or in what it needs
	}{
		{"sound", "PEFT", dir(everyMLP(4)), llama, false, false, Applied, ""},
		{"sound", "vLLM", dir(everyMLP(4)), llama, false, false, Applied, ""},
		{"sound", "llama.cpp", dir(everyMLP(4)), llama, false, false, Applied, ""},
		{"sound", "TGI", dir(everyMLP(4)), llama, false, false, Applied, ""},

		{"a rank up to 16", "vLLM", dir(everyMLP(16)), llama, false, false, Applied, ""},
		{"a rank above", "vLLM", dir(everyMLP(17)), llama, false, false, Applied, "--max-lora-rank 32"},
		{"a rank above all", "vLLM", dir(everyMLP(513)), llama, false, false, Refused, "rank 513 is larger than 512"},
		{"a class without LoRA", "vLLM", dir(everyMLP(4)), "GPT2LMHeadModel", false, false, Refused, "GPT2LMHeadModel takes no adapters"},
		{"a class that is not known", "vLLM", dir(everyMLP(4)), "NewForCausalLM", false, false, Unknown, "NewForCausalLM"},
		{"no class", "vLLM", dir(everyMLP(4)), "", false, false, Applied, ""},
		{"a whole module", "vLLM", changed(replace(`"modules_to_save": null`, `"modules_to_save": ["lm_head"]`), nil), llama, false, false, Refused, "whole modules"},
		{"DoRA", "vLLM", changed(setting(`"use_dora": true`), nil), llama, false, false, Refused, "DoRA is not supported"},
		{"biases", "vLLM", changed(replace(`"bias": "none"`, `"bias": "all"`), nil), llama, false, false, Refused, "biases are not supported"},
		{"another tensor", "vLLM", changed(nil, rename("up_proj.lora_A.weight", "up_proj.scale")), llama, false, false, Refused, "not supported"},
		{"a norm", "vLLM", changed(nil, rename("mlp.up_proj", "input_layernorm")), llama, false, false, Refused, "takes no adapter"},
		{"a module that is not there", "vLLM", changed(nil, rename("layers.0", "layers.7")), llama, false, false, Ignored, "no module of the model"},
		{"another shape", "vLLM", dir(zeros("model.layers.0.mlp.up_proj", false, 12, 9)), llama, false, false, Refused, "do not fit"},
		{"an alpha of its own", "vLLM", changed(replace(`"alpha_pattern": {}`, `"alpha_pattern": {"up_proj": 8}`), nil), llama, false, false, Ignored, "is scaled by 1, in PEFT by 4"},
		{"rank-stabilised", "vLLM", changed(setting(`"use_rslora": true`), nil), llama, false, false, Applied, ""},
		{"experts in one", "vLLM", fusedExperts, "Qwen3MoeForCausalLM", false, true, Refused, "only one by one"},

		{"another tensor", "llama.cpp", changed(nil, rename("up_proj.lora_A.weight", "up_proj.scale")), llama, false, false, Refused, "neither A nor B"},
		{"A without B", "llama.cpp", changed(nil, func(all []safetensors.Data) []safetensors.Data { return all[:3] }), llama, false, false, Refused, "found A without B"},
		{"a module that is not there", "llama.cpp", changed(nil, rename("layers.0", "layers.7")), llama, false, false, Refused, "is no module of the model"},
		{"another shape", "llama.cpp", dir(zeros("model.layers.0.mlp.up_proj", false, 12, 9)), llama, false, false, Refused, "do not fit"},
		{"an alpha of its own", "llama.cpp", changed(replace(`"alpha_pattern": {}`, `"alpha_pattern": {"up_proj": 8}`), nil), llama, false, false, Ignored, "is scaled by 1, in PEFT by 4"},
		{"rank-stabilised", "llama.cpp", changed(setting(`"use_rslora": true`), nil), llama, false, false, Ignored, "in PEFT by 1.414"},
		{"a tied output", "llama.cpp", dir(zeros("lm_head", false, 10, 8)), llama, true, false, Refused, "no output of its own"},
		{"a tied embedding", "llama.cpp", dir(zeros("model.embed_tokens", true, 8, 10)), llama, true, false, Unknown, "uses the same tensor"},
		{"no base", "llama.cpp", dir(zeros("model.layers.1.mlp.up_proj", false, 12, 8)), llama, false, false, Applied, "--base"},
		{"all experts", "llama.cpp", dir(allExperts), llama, false, true, Applied, ""},
		{"some experts", "llama.cpp", dir(&Adapter{Rank: 1, Modules: allExperts.Modules[:4]}), llama, false, true, Refused, "of the 6 maps of a layer's experts"},
		{"experts in one", "llama.cpp", fusedExperts, llama, false, true, Refused, "not known to the converter"},

		{"one layer of two", "TGI", dir(zeros("model.layers.1.mlp.up_proj", false, 12, 8)), llama, false, false, Ignored, "up_proj is adapted in 1 of 2 layers"},
		{"an embedding", "TGI", changed(nil, nil), llama, false, false, Ignored, "model.embed_tokens: is left out"},
		{"the output", "TGI", dir(zeros("lm_head", false, 10, 8)), llama, false, false, Applied, ""},
		{"experts", "TGI", dir(allExperts), llama, false, true, Ignored, "nothing of the adapter is used"},
		{"an alpha of its own", "TGI", changed(replace(`"alpha_pattern": {}`, `"alpha_pattern": {"up_proj": 8}`), nil), llama, false, false, Ignored, "is scaled by 1, in PEFT by 4"},
		{"ranks of their own", "TGI", func(*testing.T) string { return "testdata/patterns" }, llama, false, false, Ignored, "v_proj has several ranks"},
		{"another shape", "TGI", dir(zeros("model.layers.0.mlp.up_proj", false, 12, 9)), llama, false, false, Unknown, "do not fit"},

		{"no prefix", "PEFT", changed(nil, rename("base_model.model.", "")), llama, false, false, Ignored, "does not begin with base_model.model."},
		{"a module that is not there", "PEFT", changed(nil, rename("layers.0", "layers.7")), llama, false, false, Ignored, "it has none of this path"},
		{"NaN", "PEFT", changed(nil, nil), llama, false, false, Applied, ""},
		{"some experts", "PEFT", dir(&Adapter{Rank: 1, Modules: allExperts.Modules[:4]}), llama, false, true, Refused, "of all 2, or of none in any layer"},
	}
	for _, tt := range tests {
		t.Run(tt.software+", "+tt.name, func(t *testing.T) {
			v := judged(t, tt.software, tt.dir(t), model(t, tt.tied, tt.experts), tt.class)
			var text []string
			for _, r := range v.Reasons {
				text = append(text, r.String())
				if r.Source == "" && r.Text != "the adapter is not whole: see PEFT" {
					t.Errorf("%q has no source", r)
				}
			}
			all := strings.Join(append(text, v.Needs), "\n")
			if v.Does != tt.does || !strings.Contains(all, tt.want) || tt.want == "" && len(text) > 0 {
				t.Errorf("it is %s because %q, want %s because %q", v.Does, all, tt.does, tt.want)
			}
		})
	}
}

// fusedExperts is an adapter of a layer's experts as PEFT saves it after training.
func fusedExperts(t *testing.T) string {
	t.Helper()
	return adapted(t, func(string) string {
		return `{"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": [], "target_parameters": ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]}`
	}, func([]safetensors.Data) []safetensors.Data {
		var all []safetensors.Data
		for _, l := range []string{"0", "1"} {
			p := "base_model.model.model.layers." + l + ".mlp.experts."
			for _, s := range []struct {
				name  string
				shape []int
			}{{"base_layer.lora_A.weight", []int{4, 8}}, {"base_layer.lora_B.weight", []int{24, 4}}, {"lora_A.weight", []int{4, 12}}, {"lora_B.weight", []int{8, 4}}} {
				d := safetensors.Data{Name: p + s.name, Shape: s.shape, Values: make([]float32, s.shape[0]*s.shape[1])}
				for i := range d.Values {
					d.Values[i] = float32(i%5) - 2
				}
				all = append(all, d)
			}
		}
		return all
	})
}

func TestReasonsOfOneKindAreOne(t *testing.T) {
	dir := changedEmbedding(t)
	v := judged(t, "TGI", dir, model(t, false, false), "")
	found := 0
	for _, r := range v.Reasons {
		if strings.HasPrefix(r.Text, "is left out") {
			found++
		}
	}
	if found != 1 {
		t.Errorf("reasons are %v", v.Reasons)
	}
}

func changedEmbedding(t *testing.T) string {
	t.Helper()
	a := everyMLP(2)
	a.Modules = append([]Module{zeros("model.embed_tokens", true, 8, 10).Modules[0]}, a.Modules...)
	return saved(t, a)
}

// Experts that PEFT has saved in one are taken apart: what Read makes of them for a model,
// one by one, is what a merge adds.
func TestExpertsInOneAreMergedOneByOne(t *testing.T) {
	a := model(t, false, true)
	dir := fusedExperts(t)
	read, err := ReadFor(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Modules) != 12 {
		t.Errorf("%d modules, want 12", len(read.Modules))
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "the experts of a layer in one") {
		t.Errorf("error is %v", err)
	}
	like, err := ReadLike(dir, read)
	if err != nil || len(like.Modules) != 12 || !slices.Equal(like.Modules[5].B, read.Modules[5].B) {
		t.Errorf("read like itself it is another one (%v)", err)
	}
	all := weightsOf(a, "F32", nil)
	m, got, _ := merge(t, dir, modelFolder(t, all, 2), a)
	if len(m.Changed) != 12 || m.Rank != 2 {
		t.Errorf("merged is %+v", m)
	}
	for _, s := range all {
		module := a.Module(strings.TrimSuffix(s.Name, ".weight"))
		want := slices.Clone(s.values)
		if module != nil {
			if err := read.Add(module, want); err != nil {
				t.Fatal(err)
			}
		}
		if d := farthest(got[s.Name].values, want); d > 1e-6 {
			t.Errorf("%s is off by %.1e", s.Name, d)
		}
	}
	// By PEFT's layout (ParamWrapper), expert 1's down in layer 0: B [8, rank experts], experts innermost.
	down, b := read.Module("model.layers.0.mlp.experts.1.down_proj"), make([]float32, 0, 16)
	for o := range 8 {
		for k := range 2 {
			at := o*4 + k*2 + 1
			b = append(b, float32(at%5)-2)
		}
	}
	if !slices.Equal(down.B, b) {
		t.Errorf("B is %v, want %v", down.B, b)
	}
}

package peft

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// model is the base of testdata's LLaMA adapters; with experts, each layer has two
// experts in place of its MLP.
func model(t *testing.T, tied, experts bool) *arch.Architecture {
	t.Helper()
	const (
		layer = "model.layers.{layer}."
		h, f  = 8, 12
	)
	heads := sdk.Heads{Count: 2, KV: 1, Dim: 4}
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, h, 10).As("logits")
	if tied {
		head.TiedTo("model.embed_tokens")
	}
	mlp := func(path string) []sdk.Step {
		return []sdk.Step{
			sdk.Linear(path+"gate_proj", archpb.Role_ROLE_GATE, h, f).From("y"),
			sdk.Activate(archpb.Activation_FUNCTION_SILU).As("g"),
			sdk.Linear(path+"up_proj", archpb.Role_ROLE_UP, h, f).From("y").As("u"),
			sdk.Multiply("g", "u"),
			sdk.Linear(path+"down_proj", archpb.Role_ROLE_DOWN, f, h).As("d"),
		}
	}
	steps := []sdk.Step{
		sdk.RMSNorm(layer+"input_layernorm", h, 1e-6).From("h").As("x"),
		sdk.Linear(layer+"self_attn.q_proj", archpb.Role_ROLE_Q, h, h).From("x").As("q"),
		sdk.Linear(layer+"self_attn.k_proj", archpb.Role_ROLE_K, h, 4).From("x").As("k"),
		sdk.Linear(layer+"self_attn.v_proj", archpb.Role_ROLE_V, h, 4).From("x").As("v"),
		sdk.Attention(heads).From("q", "k", "v"),
		sdk.Linear(layer+"self_attn.o_proj", archpb.Role_ROLE_O, h, h).As("a"),
		sdk.Add("h", "a").As("r"),
		sdk.RMSNorm(layer+"post_attention_layernorm", h, 1e-6).As("y"),
	}
	if experts {
		body := mlp(layer + "mlp.experts.{expert}.")
		body[0], body[2] = body[0].From("x"), body[2].From("x")
		steps = append(steps, sdk.Experts(sdk.Linear(layer+"mlp.gate", archpb.Role_ROLE_ROUTER, h, 2), 2, 1, false, body...).From("y").As("d"))
	} else {
		steps = append(steps, mlp(layer+"mlp.")...)
	}
	steps = append(steps, sdk.Add("r", "d").As("h"))
	m := &archpb.Model{
		Family:   "llama",
		Prologue: sdk.Program(sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, 10, h).From("tokens").As("h")),
		Blocks:   []*archpb.Block{sdk.Block("layer", steps...)},
		Layers:   sdk.Repeat(2),
		Epilogue: sdk.Program(sdk.RMSNorm("model.norm", h, 1e-6).From("h"), head),
	}
	var headers []arch.TensorHeader
	add := func(name string, shape ...int) {
		headers = append(headers, arch.TensorHeader{Name: name + ".weight", DType: "F32", Shape: shape})
	}
	add("model.embed_tokens", 10, h)
	if !tied {
		add("lm_head", 10, h)
	}
	add("model.norm", h)
	for l := range 2 {
		p := fmt.Sprintf("model.layers.%d.", l)
		add(p+"input_layernorm", h)
		add(p+"post_attention_layernorm", h)
		add(p+"self_attn.q_proj", h, h)
		add(p+"self_attn.k_proj", 4, h)
		add(p+"self_attn.v_proj", 4, h)
		add(p+"self_attn.o_proj", h, h)
		mlps := []string{p + "mlp."}
		if experts {
			add(p+"mlp.gate", 2, h)
			mlps = []string{p + "mlp.experts.0.", p + "mlp.experts.1."}
		}
		for _, q := range mlps {
			add(q+"gate_proj", f, h)
			add(q+"up_proj", f, h)
			add(q+"down_proj", h, f)
		}
	}
	a, err := arch.New(m, headers)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCheckFindsPEFTsOwnAdaptersSound(t *testing.T) {
	warnings := map[string]string{
		"patterns": "rank_pattern", "rslora": "use_rslora", "embeddings": "base_layer.weight", "suffixes": "", "bf16": "", "regex": "", "layers": "",
	}
	for name, warning := range warnings {
		t.Run(name, func(t *testing.T) {
			dir := "testdata/" + name
			r, err := Check(dir, model(t, false, false))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Err(dir); err != nil || !r.Sound {
				t.Errorf("sound %v: %v", r.Sound, err)
			}
			if warning == "" != (len(r.Findings) == 0) || warning != "" && !strings.Contains(fmt.Sprint(r.Findings), warning) {
				t.Errorf("findings are %v, want %q", r.Findings, warning)
			}
			a, err := Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			if r.StartsAtBase || len(r.Modules) != len(a.Modules) || r.Rank != a.Rank {
				t.Errorf("starts at base %v, %d modules, rank %d", r.StartsAtBase, len(r.Modules), r.Rank)
			}
			for i, c := range r.Modules {
				want := productNormByHand(a, i)
				if math.Abs(c.Norm-want) > 1e-6*want || c.Path != a.Modules[i].Path {
					t.Errorf("%s: norm %v, want %v", c.Path, c.Norm, want)
				}
			}
		})
	}
}

func productNormByHand(a *Adapter, i int) float64 {
	m, sum := a.Modules[i], 0.0
	for o := range m.Out {
		for j := range m.In {
			v := 0.0
			for k := range a.Rank {
				v += float64(m.B[o*a.Rank+k]) * float64(m.A[k*m.In+j])
			}
			sum += v * v
		}
	}
	return math.Sqrt(sum)
}

func TestCheckSaysWhatIsChanged(t *testing.T) {
	r, err := Check("testdata/layers", model(t, false, false))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Layers, []int{1}) || len(r.Modules) != 2 || r.Modules[0].Role != "up" || r.Modules[1].Role != "k" || r.Modules[0].Scale != 2 {
		t.Errorf("report is %+v", r)
	}
}

// zeros is an adapter of one module as a plain transfer makes it: B has its zeros
// where A has its values.
func zeros(path string, embedding bool, out, in int) *Adapter {
	m := Module{Path: path, Embedding: embedding, Out: out, In: in, A: make([]float32, 2*in), B: make([]float32, 2*out)}
	for i := range in {
		m.A[in+i] = float32(i + 1)
	}
	for o := range out {
		m.B[2*o] = float32(o + 1)
	}
	return &Adapter{Rank: 2, Modules: []Module{m}}
}

func TestCheckFindings(t *testing.T) {
	tests := []struct {
		name    string
		adapter *Adapter
		tied    bool
		experts bool
		rule    string
		want    string
	}{
		{"sound", zeros("model.layers.1.mlp.up_proj", false, 12, 8), false, false, "", ""},
		{"sound embedding", zeros("model.embed_tokens", true, 8, 10), false, false, "", ""},
		{"unknown", zeros("model.layers.2.mlp.up_proj", false, 12, 8), false, false, RuleUnknown, "model.layers.2.mlp.up_proj: found weights, expected a module of the model: it has none of this path, and PEFT would ignore them"},
		{"unknown expert", zeros("model.layers.0.mlp.experts.2.up_proj", false, 12, 8), false, true, RuleExperts, "this is none"},
		{"shape", zeros("model.layers.1.mlp.up_proj", false, 12, 9), false, false, RuleShape, "found factors of a change of [12 9], expected [12, 8]"},
		{"norm", zeros("model.norm", false, 8, 1), false, false, RuleKind, "found weights for a norm"},
		{"embedding as linear", zeros("model.embed_tokens", false, 10, 8), false, false, RuleKind, "found weights for a linear map, expected those for an embedding"},
		{"one expert", zeros("model.layers.0.mlp.experts.1.down_proj", false, 8, 12), false, true, RuleExperts, "found down of 1 experts, expected of all 2"},
		{"tied output", zeros("lm_head", false, 10, 8), true, false, RuleTied, "model.embed_tokens's"},
		{"tied embedding", zeros("model.embed_tokens", true, 8, 10), true, false, RuleTied, "lm_head's too"},
		{"router", zeros("model.layers.0.mlp.gate", false, 2, 8), false, true, RuleRouter, "an adapted expert router"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Write(dir, tt.adapter); err != nil {
				t.Fatal(err)
			}
			r, err := Check(dir, model(t, tt.tied, tt.experts))
			if err != nil {
				t.Fatal(err)
			}
			if tt.rule == "" {
				if !r.Sound || len(r.Findings) > 0 || !r.StartsAtBase {
					t.Errorf("report is %+v", r)
				}
				return
			}
			if r.Sound && !r.Findings[0].Warning || r.Findings[0].Rule != tt.rule || !strings.Contains(r.Findings[0].String(), tt.want) {
				t.Errorf("report is %+v, want a finding of %s with %q", r, tt.rule, tt.want)
			}
		})
	}
}

func TestCheckFindsWhatReadRefuses(t *testing.T) {
	tests := []struct {
		name    string
		config  func(string) string
		weights func([]safetensors.Data) []safetensors.Data
		rule    string
		sound   bool
	}{
		{"targets without weights", replace(`"model.embed_tokens"`, `"model.embed_tokens", "gate_proj"`), nil, RuleMissing, false},
		{"null targets", replace("\"target_modules\": [\n    \"model.embed_tokens\",\n    \"model.layers.0.mlp.up_proj\"\n  ]", `"target_modules": null`), nil, RuleTarget, false},
		{"fan in", replace(`"fan_in_fan_out": false`, `"fan_in_fan_out": true`), nil, RuleFanInFanOut, true},
		{"ignored key", nil, rename("lora_A.weight", "lora_A.other.weight"), RuleKey, false},
		{"adapter's name", nil, rename("lora_A.weight", "lora_A.default.weight"), RulePortable, true},
		{"NaN", nil, func(all []safetensors.Data) []safetensors.Data { all[3].Values[1] = float32(math.NaN()); return all }, RuleFinite, false},
		{"setting", setting(`"use_dora": true`), nil, RuleConfig, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := adapted(t, tt.config, func(all []safetensors.Data) []safetensors.Data {
				all[0].Shape, all[0].Values = []int{2, 10}, make([]float32, 20)
				all[1].Shape, all[1].Values = []int{8, 2}, make([]float32, 16)
				all[2].Shape, all[2].Values = []int{2, 8}, make([]float32, 16)
				all[3].Shape, all[3].Values = []int{12, 2}, make([]float32, 24)
				if tt.weights != nil {
					all = tt.weights(all)
				}
				return all
			})
			r, err := Check(dir, model(t, false, false))
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == tt.rule })
			if !found || r.Sound != tt.sound || (r.Err(dir) == nil) != tt.sound {
				t.Errorf("findings are %v, sound %v", r.Findings, r.Sound)
			}
		})
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// file is a GGUF file of a small LLaMA: hidden 24, 4 heads of 6, 2 of them for keys.
type file struct {
	metadata map[string]any
	tensors  map[string][]int
}

func small() file {
	f := file{
		metadata: map[string]any{
			"general.architecture": "llama", "general.alignment": 32, "llama.block_count": 2, "llama.context_length": 128,
			"llama.embedding_length": 24, "llama.feed_forward_length": 40, "llama.attention.head_count": 4,
			"llama.attention.head_count_kv": 2, "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.rope.dimension_count": 6,
			"llama.rope.freq_base": 10000, "tokenizer.ggml.tokens": slices.Repeat([]string{"x"}, 31),
		},
		tensors: map[string][]int{"token_embd.weight": {31, 24}, "output_norm.weight": {24}},
	}
	f.layers(map[string][]int{
		"attn_norm.weight": {24}, "ffn_norm.weight": {24}, "attn_q.weight": {24, 24}, "attn_k.weight": {12, 24}, "attn_v.weight": {12, 24},
		"attn_output.weight": {24, 24}, "ffn_gate.weight": {40, 24}, "ffn_up.weight": {40, 24}, "ffn_down.weight": {24, 40},
	})
	return f
}

func (f file) layers(tensors map[string][]int) {
	for i := range 2 {
		for name, shape := range tensors {
			f.tensors[fmt.Sprintf("blk.%d.%s", i, name)] = shape
		}
	}
}

func (f file) checkpoint(name string) archtest.Checkpoint {
	config, err := json.Marshal(f.metadata)
	if err != nil {
		panic(err)
	}
	c := archtest.Checkpoint{Name: name, GGUF: true, Config: config}
	for _, name := range slices.Sorted(maps.Keys(f.tensors)) {
		dtype := "Q4_K"
		if len(f.tensors[name]) == 1 {
			dtype = "F32"
		}
		c.Tensors = append(c.Tensors, arch.TensorHeader{Name: name, DType: dtype, Shape: f.tensors[name]})
	}
	return c
}

func (f file) request() *archpb.DescribeRequest {
	c := f.checkpoint("")
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: c.Config}
	for _, t := range c.Tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: t.Name, Dtype: t.DType})
	}
	return req
}

func (f file) architecture(t *testing.T) *arch.Architecture {
	t.Helper()
	m, err := describe(f.request())
	if err != nil {
		t.Fatal(err)
	}
	a, err := arch.New(m, f.checkpoint("").Tensors)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ggufCheckpoints() []archtest.Checkpoint {
	changed := func(name string, change func(f file)) archtest.Checkpoint {
		f := small()
		change(f)
		return f.checkpoint(name)
	}
	smollm := file{
		metadata: map[string]any{
			"general.architecture": "llama", "general.name": "Smollm2 135M", "llama.block_count": 30, "llama.context_length": 8192,
			"llama.embedding_length": 576, "llama.feed_forward_length": 1536, "llama.attention.head_count": 9,
			"llama.attention.head_count_kv": 3, "llama.rope.freq_base": 100000, "llama.attention.layer_norm_rms_epsilon": 9.999999747378752e-06,
			"llama.vocab_size": 49152, "llama.rope.dimension_count": 64, "tokenizer.ggml.tokens": map[string]int{"length": 49152},
		},
		tensors: map[string][]int{"token_embd.weight": {49152, 576}, "output_norm.weight": {576}},
	}
	for i := range 30 {
		for name, shape := range map[string][]int{
			"attn_norm.weight": {576}, "ffn_norm.weight": {576}, "attn_q.weight": {576, 576}, "attn_k.weight": {192, 576}, "attn_v.weight": {192, 576},
			"attn_output.weight": {576, 576}, "ffn_gate.weight": {1536, 576}, "ffn_up.weight": {1536, 576}, "ffn_down.weight": {576, 1536},
		} {
			smollm.tensors[fmt.Sprintf("blk.%d.%s", i, name)] = shape
		}
	}
	real := smollm.checkpoint("SmolLM2-135M GGUF")
	real.Parameters = 134515008
	return []archtest.Checkpoint{
		real,
		small().checkpoint("GGUF tied"),
		changed("GGUF untied", func(f file) { f.tensors["output.weight"] = []int{31, 24} }),
		changed("GGUF with biases", func(f file) {
			f.layers(map[string][]int{"attn_q.bias": {24}, "attn_k.bias": {12}, "attn_v.bias": {12}, "attn_output.bias": {24},
				"ffn_gate.bias": {40}, "ffn_up.bias": {40}, "ffn_down.bias": {24}})
		}),
		changed("GGUF with biases of q, k and v", func(f file) {
			f.layers(map[string][]int{"attn_q.bias": {24}, "attn_k.bias": {12}, "attn_v.bias": {12}})
		}),
		changed("GGUF of wider heads", func(f file) {
			f.metadata["llama.attention.key_length"], f.metadata["llama.attention.value_length"], f.metadata["llama.rope.dimension_count"] = 10, 10, 10
			f.layers(map[string][]int{"attn_q.weight": {40, 24}, "attn_k.weight": {20, 24}, "attn_v.weight": {20, 24}, "attn_output.weight": {24, 40}})
		}),
		changed("GGUF with yarn", func(f file) {
			f.metadata["llama.rope.scaling.type"], f.metadata["llama.rope.scaling.factor"] = "yarn", 4.0
			f.metadata["llama.rope.scaling.original_context_length"] = 32
		}),
		changed("GGUF with divisors", func(f file) { f.tensors["rope_freqs.weight"] = []int{3} }),
		changed("GGUF with one number a layer", func(f file) {
			f.metadata["llama.attention.head_count"], f.metadata["llama.feed_forward_length"] = []int{4, 4}, []int{40, 40}
		}),
		changed("GGUF without a list of tokens", func(f file) {
			delete(f.metadata, "tokenizer.ggml.tokens")
			f.metadata["llama.vocab_size"] = 31
		}),
		changed("GGUF with old buffers", func(f file) { f.layers(map[string][]int{"attn_rot_embd.weight": {3}}) }),
	}
}

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()), ggufCheckpoints()...)
}

// llama.cpp interleaves the halves of q's and k's heads, biases included, and
// nothing else.
func TestGGUFLayouts(t *testing.T) {
	f := small()
	f.layers(map[string][]int{"attn_q.bias": {24}, "attn_k.bias": {12}, "attn_v.bias": {12}})
	a := f.architecture(t)
	heads := map[archpb.Role]int{archpb.Role_ROLE_Q: 4, archpb.Role_ROLE_K: 2}
	for _, m := range a.Modules {
		want := arch.Layout{InterleavedHeads: heads[m.Role]}
		if m.Weight.Layout != want || m.Bias != nil && m.Bias.Layout != want {
			t.Errorf("%s: weight %+v, bias %+v, expected layout %+v", m.Path, m.Weight, m.Bias, want)
		}
	}
	names := map[string]string{
		"model.embed_tokens": "token_embd.weight", "model.norm": "output_norm.weight", "lm_head": "token_embd.weight",
		"model.layers.1.input_layernorm": "blk.1.attn_norm.weight", "model.layers.1.post_attention_layernorm": "blk.1.ffn_norm.weight",
		"model.layers.1.self_attn.q_proj": "blk.1.attn_q.weight", "model.layers.1.self_attn.k_proj": "blk.1.attn_k.weight",
		"model.layers.1.self_attn.v_proj": "blk.1.attn_v.weight", "model.layers.1.self_attn.o_proj": "blk.1.attn_output.weight",
		"model.layers.1.mlp.gate_proj": "blk.1.ffn_gate.weight", "model.layers.1.mlp.up_proj": "blk.1.ffn_up.weight",
		"model.layers.1.mlp.down_proj": "blk.1.ffn_down.weight",
	}
	for path, want := range names {
		if got := a.Module(path).Weight.Name; got != want {
			t.Errorf("%s reads %s, expected %s", path, got, want)
		}
	}
}

func TestGGUFValues(t *testing.T) {
	f := small()
	f.tensors["rope_freqs.weight"] = []int{3}
	m, err := describe(f.request())
	if err != nil {
		t.Fatal(err)
	}
	steps := m.Blocks[0].Steps
	if r := steps[2].GetRope(); r.Frequencies.Divisors != "rope_freqs.weight" || len(r.Frequencies.InvFreq) != 3 || r.HeadDim != 6 {
		t.Errorf("rope %v", r)
	}
	if eps := steps[0].GetNorm().Eps; eps != 1e-5 || m.MaxPositions != 128 || len(m.Layers) != 2 {
		t.Errorf("eps %v, %d positions, %d layers", eps, m.MaxPositions, len(m.Layers))
	}
	if f := steps[11].GetActivation().GetFunction(); f != archpb.Activation_FUNCTION_SILU {
		t.Errorf("activation %v", f)
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(f file)
		want   string
	}{
		{"experts of which none is used", func(f file) { f.metadata["llama.expert_count"] = 8 }, "metadata: llama.expert_used_count is missing"},
		{"more experts used than there are", func(f file) { f.metadata["llama.expert_count"], f.metadata["llama.expert_used_count"] = 2, 3 }, "metadata: llama.expert_used_count is 3, expected at most the number of experts, 2"},
		{"a partly rotated head", func(f file) { f.metadata["llama.rope.dimension_count"] = 4 }, "metadata: llama.rope.dimension_count is 4, expected 6, the whole head"},
		{"values of another width", func(f file) { f.metadata["llama.attention.value_length"] = 8 }, "metadata: llama.attention.value_length is 8, expected 6 as the keys have"},
		{"layers that differ", func(f file) { f.metadata["llama.attention.head_count_kv"] = []int{2, 4} }, "metadata: llama.attention.head_count_kv is [2,4], expected the same number for every layer"},
		{"no hidden size", func(f file) { delete(f.metadata, "llama.embedding_length") }, "metadata: llama.embedding_length is missing"},
		{"more heads than entries", func(f file) { f.metadata["llama.attention.head_count"] = 25 }, "metadata: llama.embedding_length is 24, expected at least the number of heads, 25"},
		{"no layers", func(f file) { delete(f.metadata, "llama.block_count") }, "metadata: llama.block_count is missing"},
		{"no heads", func(f file) { delete(f.metadata, "llama.attention.head_count") }, "metadata: llama.attention.head_count is missing"},
		{"no vocabulary", func(f file) { delete(f.metadata, "tokenizer.ggml.tokens") }, "metadata: llama.vocab_size is missing"},
		{"an unknown RoPE", func(f file) { f.metadata["llama.rope.scaling.type"] = "su" }, `metadata: llama.rope.scaling.type is "su", expected one of`},
	} {
		f := small()
		c.change(f)
		if _, err := describe(f.request()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.name, err, c.want)
		}
	}
}

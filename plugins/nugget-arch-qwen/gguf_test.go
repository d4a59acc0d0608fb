package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 6, 2 of them for keys.
func metadata(name string, more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": name, name + ".block_count": 2, name + ".context_length": 128, name + ".embedding_length": 24,
		name + ".feed_forward_length": 40, name + ".attention.head_count": 4, name + ".attention.head_count_kv": 2,
		name + ".attention.layer_norm_rms_epsilon": 1e-5, name + ".rope.freq_base": 1e6, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(more ...map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {31, 24}, "output_norm.weight": {24}, l + "attn_norm.weight": {24}, l + "ffn_norm.weight": {24},
		l + "attn_q.weight": {24, 24}, l + "attn_k.weight": {12, 24}, l + "attn_v.weight": {12, 24}, l + "attn_output.weight": {24, 24},
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

var (
	dense   = map[string][]int{"blk.{layer}.ffn_gate.weight": {40, 24}, "blk.{layer}.ffn_up.weight": {40, 24}, "blk.{layer}.ffn_down.weight": {24, 40}}
	biases  = map[string][]int{"blk.{layer}.attn_q.bias": {24}, "blk.{layer}.attn_k.bias": {12}, "blk.{layer}.attn_v.bias": {12}}
	norms   = map[string][]int{"blk.{layer}.attn_q_norm.weight": {6}, "blk.{layer}.attn_k_norm.weight": {6}}
	untied  = map[string][]int{"output.weight": {31, 24}}
	stacked = map[string][]int{
		"blk.{layer}.ffn_gate_inp.weight": {3, 24}, "blk.{layer}.ffn_gate_exps.weight": {3, 10, 24},
		"blk.{layer}.ffn_up_exps.weight": {3, 10, 24}, "blk.{layer}.ffn_down_exps.weight": {3, 24, 10},
	}
	routed = map[string]any{"qwen3moe.expert_count": 3, "qwen3moe.expert_used_count": 2, "qwen3moe.expert_feed_forward_length": 10}
)

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	return []archtest.Checkpoint{
		archtest.GGUF(t, "GGUF of Qwen2", metadata("qwen2", nil), 2, tensors(dense, biases)),
		archtest.GGUF(t, "GGUF of Qwen2, untied", metadata("qwen2", nil), 2, tensors(dense, biases, untied)),
		archtest.GGUF(t, "GGUF of Qwen2 with yarn", metadata("qwen2", map[string]any{
			"qwen2.rope.scaling.type": "yarn", "qwen2.rope.scaling.factor": 4.0, "qwen2.rope.scaling.original_context_length": 32,
		}), 2, tensors(dense, biases)),
		archtest.GGUF(t, "GGUF of Qwen3", metadata("qwen3", map[string]any{"qwen3.attention.key_length": 6, "qwen3.attention.value_length": 6}), 2, tensors(dense, norms)),
		archtest.GGUF(t, "GGUF of Qwen3 with biases", metadata("qwen3", nil), 2, tensors(dense, norms, biases, map[string][]int{"blk.{layer}.attn_output.bias": {24}})),
		archtest.GGUF(t, "GGUF of Qwen3-MoE", metadata("qwen3moe", routed), 2, tensors(stacked, norms, untied)),
	}
}

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()), ggufCheckpoints(t)...)
}

// Each expert's modules have HuggingFace's paths, and their places in the tensors of all.
func TestDescribeGGUFStacksExperts(t *testing.T) {
	checkpoints := ggufCheckpoints(t)
	c := checkpoints[len(checkpoints)-1]
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: c.Config, Tensors: []*archpb.TensorHeader{{Name: "output.weight"}}}
	m, err := describe(req)
	if err != nil {
		t.Fatal(err)
	}
	a, err := arch.New(m, c.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	up := a.Module("model.layers.1.mlp.experts.2.up_proj")
	if up == nil || up.Weight.Name != "blk.1.ffn_up_exps.weight" || !up.Weight.Layout.Stacked || up.Weight.Layout.Index != 2 {
		t.Errorf("%+v", up)
	}
	if x := routing(m); x.Count != 3 || x.TopK != 2 || !x.Renormalize {
		t.Errorf("experts %d, of which %d, renormalised %v", x.Count, x.TopK, x.Renormalize)
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	with := func(key string, value any) map[string]any {
		m := maps.Clone(routed)
		m[key] = value
		return m
	}
	for _, c := range []struct {
		metadata map[string]any
		want     string
	}{
		{metadata("qwen3moe", nil), "metadata: qwen3moe.expert_count is missing"},
		{metadata("qwen3moe", with("qwen3moe.expert_used_count", 4)), "metadata: qwen3moe.expert_used_count is 4, expected at most the number of experts, 3"},
		{metadata("qwen2", map[string]any{"qwen2.rope.dimension_count": 4}), "metadata: qwen2.rope.dimension_count is 4, expected 6, the whole head"},
		{metadata("qwen3", map[string]any{"qwen3.attention.value_length": 8}), "metadata: qwen3.attention.value_length is 8, expected 6 as the keys have"},
	} {
		g := archtest.GGUF(t, "", c.metadata, 0, nil)
		_, err := describe(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: g.Config})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

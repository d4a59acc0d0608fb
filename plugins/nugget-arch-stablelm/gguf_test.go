package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 6, of which 4 entries turn.
func metadata(more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": "stablelm", "stablelm.block_count": 2, "stablelm.context_length": 128, "stablelm.embedding_length": 24,
		"stablelm.feed_forward_length": 40, "stablelm.attention.head_count": 4, "stablelm.attention.head_count_kv": 2, "stablelm.use_parallel_residual": true,
		"stablelm.attention.layer_norm_epsilon": 1e-5, "stablelm.rope.dimension_count": 4, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(more ...map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {31, 24}, "output.weight": {31, 24}, "output_norm.weight": {24}, "output_norm.bias": {24}, l + "attn_norm.weight": {24}, l + "attn_norm.bias": {24},
		l + "attn_q.weight": {24, 24}, l + "attn_k.weight": {12, 24}, l + "attn_v.weight": {12, 24}, l + "attn_output.weight": {24, 24},
		l + "ffn_gate.weight": {40, 24}, l + "ffn_up.weight": {40, 24}, l + "ffn_down.weight": {24, 40},
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

var (
	sequential = map[string][]int{"blk.{layer}.ffn_norm.weight": {24}, "blk.{layer}.ffn_norm.bias": {24}}
	biases     = map[string][]int{"blk.{layer}.attn_q.bias": {24}, "blk.{layer}.attn_k.bias": {12}, "blk.{layer}.attn_v.bias": {12}}
	headNorms  = map[string][]int{"blk.{layer}.attn_q_norm.weight": {4, 6}, "blk.{layer}.attn_k_norm.weight": {2, 6}}
)

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	return []archtest.Checkpoint{
		archtest.GGUF(t, "GGUF side by side, norms of heads", metadata(nil), 2, tensors(headNorms)),
		archtest.GGUF(t, "GGUF one after the other", metadata(nil), 2, tensors(sequential)),
		archtest.GGUF(t, "GGUF with biases", metadata(nil), 2, tensors(sequential, biases)),
	}
}

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()), ggufCheckpoints(t)...)
}

// The norms of heads are one tensor [heads, width] for q and one for k.
func TestDescribeGGUFFindsTheNormsOfHeads(t *testing.T) {
	c := ggufCheckpoints(t)[0]
	m, err := describe(c.Request())
	if err != nil {
		t.Fatal(err)
	}
	a, err := arch.New(m, c.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"q_layernorm": "blk.1.attn_q_norm.weight", "k_layernorm": "blk.1.attn_k_norm.weight"} {
		norm := a.Module("model.layers.1.self_attn." + path)
		if norm == nil || norm.Weight.Name != want || !norm.Weight.Layout.Folded {
			t.Errorf("%s: %+v", path, norm)
		}
	}
	if a.Module("model.layers.1.post_attention_layernorm") != nil {
		t.Error("an MLP beside attention has a norm of its own")
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		more map[string]any
		want string
	}{
		{map[string]any{"stablelm.rope.dimension_count": 7}, "metadata: stablelm.rope.dimension_count is 7, expected an even number of at most 6"},
		{map[string]any{"stablelm.attention.layer_norm_epsilon": -1}, "metadata: stablelm.attention.layer_norm_epsilon is -1, expected a number of at least 0"},
	} {
		if _, err := describe(archtest.GGUF(t, "", metadata(c.more), 0, nil).Request()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

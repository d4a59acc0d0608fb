package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 6, 2 of them for keys.
func metadata(more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": "starcoder2", "starcoder2.block_count": 2, "starcoder2.context_length": 128, "starcoder2.embedding_length": 24,
		"starcoder2.feed_forward_length": 40, "starcoder2.attention.head_count": 4, "starcoder2.attention.head_count_kv": 2,
		"starcoder2.attention.layer_norm_epsilon": 1e-5, "starcoder2.rope.freq_base": 1e5, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(biases bool, more map[string][]int) map[string][]int {
	all := map[string][]int{"token_embd.weight": {31, 24}}
	for name, shape := range map[string][]int{
		"output_norm": {24}, "blk.{layer}.attn_norm": {24}, "blk.{layer}.attn_q": {24, 24}, "blk.{layer}.attn_k": {12, 24}, "blk.{layer}.attn_v": {12, 24},
		"blk.{layer}.attn_output": {24, 24}, "blk.{layer}.ffn_norm": {24}, "blk.{layer}.ffn_up": {40, 24}, "blk.{layer}.ffn_down": {24, 40},
	} {
		all[name+".weight"] = shape
		if biases || len(shape) == 1 {
			all[name+".bias"] = shape[:1]
		}
	}
	maps.Copy(all, more)
	return all
}

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	return []archtest.Checkpoint{
		archtest.GGUF(t, "GGUF tied", metadata(nil), 2, tensors(true, nil)),
		archtest.GGUF(t, "GGUF untied", metadata(nil), 2, tensors(true, map[string][]int{"output.weight": {31, 24}})),
		archtest.GGUF(t, "GGUF without biases", metadata(map[string]any{"starcoder2.rope.dimension_count": 6}), 2, tensors(false, nil)),
	}
}

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()), ggufCheckpoints(t)...)
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		more map[string]any
		want string
	}{
		{map[string]any{"starcoder2.rope.dimension_count": 4}, "metadata: starcoder2.rope.dimension_count is 4, expected 6, the whole head"},
		{map[string]any{"starcoder2.feed_forward_length": nil}, "metadata: starcoder2.feed_forward_length is missing"},
	} {
		if _, err := describe(archtest.GGUF(t, "", metadata(c.more), 0, nil).Request()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

func metadata(more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": "gpt2", "gpt2.block_count": 2, "gpt2.context_length": 20, "gpt2.embedding_length": 24, "gpt2.feed_forward_length": 96,
		"gpt2.attention.head_count": 4, "gpt2.attention.layer_norm_epsilon": 1e-5, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(d, ffn, vocab, positions int, more map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {vocab, d}, "position_embd.weight": {positions, d}, "output_norm.weight": {d}, "output_norm.bias": {d},
		l + "attn_norm.weight": {d}, l + "attn_norm.bias": {d}, l + "ffn_norm.weight": {d}, l + "ffn_norm.bias": {d},
		l + "attn_qkv.weight": {3 * d, d}, l + "attn_qkv.bias": {3 * d}, l + "attn_output.weight": {d, d}, l + "attn_output.bias": {d},
		l + "ffn_up.weight": {ffn, d}, l + "ffn_up.bias": {ffn}, l + "ffn_down.weight": {d, ffn}, l + "ffn_down.bias": {d},
	}
	maps.Copy(all, more)
	return all
}

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	real := archtest.GGUF(t, "GGUF of GPT-2", metadata(map[string]any{
		"gpt2.block_count": 12, "gpt2.context_length": 1024, "gpt2.embedding_length": 768, "gpt2.feed_forward_length": 3072,
		"gpt2.attention.head_count": 12, "gpt2.attention.layer_norm_epsilon": 9.999999747378752e-06, "tokenizer.ggml.tokens": map[string]int{"length": 50257},
	}), 12, tensors(768, 3072, 50257, 1024, nil))
	real.Parameters = 124439808
	return []archtest.Checkpoint{
		real,
		archtest.GGUF(t, "GGUF tied", metadata(nil), 2, tensors(24, 96, 31, 20, nil)),
		archtest.GGUF(t, "GGUF untied", metadata(nil), 2, tensors(24, 96, 31, 20, map[string][]int{"output.weight": {31, 24}})),
		archtest.GGUF(t, "GGUF of another MLP", metadata(map[string]any{"gpt2.feed_forward_length": 40}), 2, tensors(24, 40, 31, 20, nil)),
	}
}

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()), ggufCheckpoints(t)...)
}

// llama.cpp has turned the maps, but PEFT is to be told of Conv1D all the same.
func TestDescribeGGUFTurnsNoMap(t *testing.T) {
	c := ggufCheckpoints(t)[1]
	m, err := describe(c.Request())
	if err != nil {
		t.Fatal(err)
	}
	a, err := arch.New(m, c.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range a.Modules {
		if module.Weight.Layout != (arch.Layout{}) || module.FanInFanOut != (module.Kind == arch.Linear && module.Layer >= 0) {
			t.Errorf("%+v", module)
		}
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		more map[string]any
		want string
	}{
		{map[string]any{"gpt2.attention.head_count": 5}, "metadata: gpt2.attention.head_count is 5, expected a number that divides embedding_length, 24"},
		{map[string]any{"gpt2.attention.head_count_kv": 2}, "metadata: gpt2.attention.head_count_kv is 2, expected 4, the number of heads"},
		{map[string]any{"gpt2.context_length": 0}, "metadata: gpt2.context_length is 0, expected a positive integer"},
		{map[string]any{"gpt2.block_count": nil}, "metadata: gpt2.block_count is missing"},
	} {
		req := archtest.GGUF(t, "", metadata(c.more), 0, nil).Request()
		if _, err := describe(req); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{
		`{}`, small + `}`, small + `,"scale_attn_by_inverse_layer_idx":true,"n_inner":3}`, `{"hidden_size":8,"num_attention_heads":8,"add_cross_attention":true}`,
	} {
		f.Add([]byte(config), false, "wte.weight")
	}
	f.Add([]byte(`{"general.architecture":"gpt2","gpt2.embedding_length":8,"gpt2.block_count":2,"gpt2.context_length":9,"gpt2.vocab_size":4,"gpt2.attention.head_count":2}`), true, "output.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

package main

import (
	"testing"

	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{
		`{}`, two + `}`, three + `}`, moe + `}`, moe + `,"mlp_only_layers":[1],"decoder_sparse_step":2}`,
		two + `,"use_sliding_window":true,"max_window_layers":1,"layer_types":["full_attention","sliding_attention"]}`,
	} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"qwen3moe","qwen3moe.embedding_length":8,"qwen3moe.block_count":1,"qwen3moe.context_length":9,"qwen3moe.vocab_size":4,`+
		`"qwen3moe.attention.head_count":2,"qwen3moe.expert_count":2,"qwen3moe.expert_used_count":1,"qwen3moe.expert_feed_forward_length":3}`), true, "output.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

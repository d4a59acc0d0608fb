package main

import (
	"testing"

	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{
		`{}`, one + `}`, two + `}`, three + `,"sliding_window_pattern":2}`, `{"model_type":"gemma3","text_config":{` + small + `}}`,
		three + `,"rope_parameters":{"full_attention":{"rope_type":"linear","factor":8}},"rope_scaling":{"type":"yarn","factor":2}}`,
	} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"gemma3","gemma3.embedding_length":8,"gemma3.block_count":2,"gemma3.context_length":9,"gemma3.vocab_size":4,`+
		`"gemma3.attention.head_count":2,"gemma3.feed_forward_length":3,"gemma3.attention.sliding_window":2}`), true, "output.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

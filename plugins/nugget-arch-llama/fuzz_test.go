package main

import (
	"testing"

	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// FuzzDescribe wants no panic from any configuration, and of two equal requests two
// equal answers. What is described goes through the host's checks, which must not
// panic either.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{
		`{}`, `{"model_type":"mistral"}`, `{"head_dim":16,"rope_scaling":{"type":"yarn","factor":4,"mscale":1,"mscale_all_dim":0.5}}`,
		`{"head_dim":8,"rope_scaling":{"rope_type":"longrope","short_factor":[1,1,2,3],"long_factor":[1,2,3,4]}}`,
		`{"rope_parameters":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"rope_theta":500000}}`,
		`{"model_type":"mixtral","num_local_experts":3,"sliding_window":7}`,
		`{"rope_scaling":{"type":"dynamic","factor":2},"attention_bias":true,"mlp_bias":true,"tie_word_embeddings":true}`,
	} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add(small().request().Config, true, "rope_freqs.weight")
	f.Add([]byte(`{"llama.embedding_length":8,"llama.feed_forward_length":[3],"llama.block_count":1,"llama.context_length":9,"llama.vocab_size":4,`+
		`"llama.attention.head_count":2,"llama.rope.scaling.type":"yarn","llama.rope.scaling.factor":2}`), true, "output.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

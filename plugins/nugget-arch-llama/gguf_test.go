package main

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

func ggufCheckpoints() []archtest.Checkpoint {
	c := archtest.Checkpoint{Name: "SmolLM2-135M GGUF", GGUF: true, Parameters: 134515008, Config: []byte(`{
		"general.architecture": "llama", "general.name": "Smollm2 135M", "llama.block_count": 30, "llama.context_length": 8192,
		"llama.embedding_length": 576, "llama.feed_forward_length": 1536, "llama.attention.head_count": 9,
		"llama.attention.head_count_kv": 3, "llama.rope.freq_base": 100000, "llama.attention.layer_norm_rms_epsilon": 9.999999747378752e-06,
		"general.file_type": 3, "llama.vocab_size": 49152, "llama.rope.dimension_count": 64,
		"tokenizer.ggml.tokens": {"length": 49152}}`)}
	add := func(name, dtype string, shape ...int) {
		c.Tensors = append(c.Tensors, arch.TensorHeader{Name: name, DType: dtype, Shape: shape})
	}
	add("token_embd.weight", "Q8_0", 49152, 576)
	add("output_norm.weight", "F32", 576)
	for i := range 30 {
		l := fmt.Sprintf("blk.%d.", i)
		add(l+"attn_norm.weight", "F32", 576)
		add(l+"ffn_norm.weight", "F32", 576)
		add(l+"attn_q.weight", "Q4_1", 576, 576)
		add(l+"attn_k.weight", "Q4_1", 192, 576)
		add(l+"attn_v.weight", "Q4_1", 192, 576)
		add(l+"attn_output.weight", "Q4_1", 576, 576)
		add(l+"ffn_gate.weight", "Q4_1", 1536, 576)
		add(l+"ffn_up.weight", "Q4_1", 1536, 576)
		add(l+"ffn_down.weight", "Q4_1", 576, 1536)
	}
	return []archtest.Checkpoint{c}
}

// Nugget-arch-qwen describes Qwen2 (and Qwen2.5), Qwen3 and Qwen3-MoE checkpoints:
// HuggingFace folders of model_type qwen2, qwen3 and qwen3_moe, and GGUF files of
// general.architecture qwen2, qwen3 and qwen3moe.
//
// It promises the computation of transformers' Qwen2ForCausalLM, Qwen3ForCausalLM and
// Qwen3MoeForCausalLM (Qwen2 Technical Report, arXiv 2407.10671; Qwen3 Technical
// Report, arXiv 2505.09388), and for GGUF files llama.cpp's where transformers leaves
// out what the file says (RoPE scaling, biases). It does not describe Qwen2-MoE, whose
// experts are shared, the models that also see or hear, nor quantised HuggingFace
// checkpoints. The experts' modules have the names that they have on disk.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "qwen",
		Version:           "0.1.0",
		ModelTypes:        []string{"qwen2", "qwen3", "qwen3_moe"},
		GGUFArchitectures: []string{"qwen2", "qwen3", "qwen3moe"},
		Describe:          describe,
	}
}

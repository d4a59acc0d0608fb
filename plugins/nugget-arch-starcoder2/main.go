// Nugget-arch-starcoder2 describes StarCoder2 checkpoints: HuggingFace folders of
// model_type starcoder2 and GGUF files of general.architecture starcoder2.
//
// It promises the computation of transformers' Starcoder2ForCausalLM in float32 (arXiv
// 2402.19173): layer norms, grouped heads, RoPE, an MLP of two maps, biases, and a window
// in every layer. It does not describe the first StarCoder (model_type gpt_bigcode) nor
// quantised HuggingFace checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "starcoder2",
		Version:           "0.1.0",
		ModelTypes:        []string{"starcoder2"},
		GGUFArchitectures: []string{"starcoder2"},
		Describe:          describe,
	}
}

// Nugget-arch-stablelm describes StableLM checkpoints: HuggingFace folders of model_type
// stablelm (StableLM 3B, StableLM 2, Stable Code), and GGUF files of
// general.architecture stablelm.
//
// It promises the computation of transformers' StableLmForCausalLM in float32 (arXiv
// 2402.17834): layer norms, RoPE on a part of each head, a gated MLP after attention or
// beside it, and in some a norm for every single head of q and k. The first StableLM
// models are GPT-NeoX's (model_type gpt_neox). Quantised HuggingFace checkpoints are
// refused.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "stablelm",
		Version:           "0.1.0",
		ModelTypes:        []string{"stablelm"},
		GGUFArchitectures: []string{"stablelm"},
		Describe:          describe,
	}
}

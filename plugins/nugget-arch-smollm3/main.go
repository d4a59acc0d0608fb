// Nugget-arch-smollm3 describes SmolLM3 checkpoints: HuggingFace folders of model_type
// smollm3.
//
// It promises the computation of transformers' SmolLM3ForCausalLM in float32 ("SmolLM3:
// smol, multilingual, long-context reasoner", HuggingFace 2025): LLaMA of which every
// fourth layer, or those that no_rope_layers names, does not rotate q and k (arXiv
// 2501.18795). It does not describe quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "smollm3",
		Version:    "0.1.0",
		ModelTypes: []string{"smollm3"},
		Describe:   describe,
	}
}

// Nugget-arch-granite describes Granite checkpoints: HuggingFace folders of model_type
// granite.
//
// It promises the computation of transformers' GraniteForCausalLM in float32 ("Granite
// 3.0 Language Models", IBM 2024; arXiv 2405.04324): LLaMA with multipliers of the
// embeddings, of attention's scores, of what each layer adds, and of the logits. It does
// not describe Granite's mixtures of experts and hybrids, nor quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "granite",
		Version:    "0.1.0",
		ModelTypes: []string{"granite"},
		Describe:   describe,
	}
}

// Nugget-arch-granite describes Granite checkpoints: HuggingFace folders of model_type
// granite and GGUF files of general.architecture granite.
//
// It promises the computation of transformers' GraniteForCausalLM in float32 ("Granite
// 3.0 Language Models", IBM 2024; arXiv 2408.13359), and for GGUF files llama.cpp's:
// LLaMA with multipliers of the embeddings, of attention's scores, of what each layer
// adds, and of the logits. It does not describe Granite's mixtures of experts and
// hybrids, nor quantised HuggingFace checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "granite",
		Version:           "0.1.0",
		ModelTypes:        []string{"granite"},
		GGUFArchitectures: []string{"granite"},
		Describe:          describe,
	}
}

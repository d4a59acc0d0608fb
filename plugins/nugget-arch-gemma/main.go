// Nugget-arch-gemma describes Gemma, Gemma 2 and Gemma 3 checkpoints: HuggingFace
// folders of model_type gemma, gemma2, gemma3_text and gemma3, and GGUF files of
// general.architecture gemma, gemma2 and gemma3.
//
// It promises the computation of transformers' GemmaForCausalLM, Gemma2ForCausalLM and
// Gemma3ForCausalLM in float32 (arXiv 2403.08295, 2408.00118, 2503.19786), and for
// GGUF files llama.cpp's where transformers leaves out what the file says. Of a Gemma 3
// that also sees images (model_type gemma3) it describes the language model, under the
// paths that Gemma3ForConditionalGeneration gives it, and ignores the rest. It does not
// describe Gemma 3n, models that attend in both directions, nor quantised HuggingFace
// checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "gemma",
		Version:           "0.1.0",
		ModelTypes:        []string{"gemma", "gemma2", "gemma3_text", "gemma3"},
		GGUFArchitectures: []string{"gemma", "gemma2", "gemma3"},
		Describe:          describe,
	}
}

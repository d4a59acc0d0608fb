// Nugget-arch-cohere describes Cohere's Command R and Aya checkpoints: HuggingFace
// folders of model_type cohere and cohere2, and GGUF files of general.architecture
// command-r and cohere2.
//
// It promises the computation of transformers' CohereForCausalLM and
// Cohere2ForCausalLM in float32 (arXiv 2504.00698, section 2), and for GGUF files
// llama.cpp's: attention and MLP side by side on one layer norm without bias, RoPE on
// adjacent pairs, scaled logits, and in Command R7B layers with a window that rotate
// beside layers without one that do not. It does not describe the models that also see
// images, nor quantised HuggingFace checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "cohere",
		Version:           "0.1.0",
		ModelTypes:        []string{"cohere", "cohere2"},
		GGUFArchitectures: []string{"command-r", "cohere2"},
		Describe:          describe,
	}
}

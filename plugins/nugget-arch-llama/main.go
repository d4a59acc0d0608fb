// Nugget-arch-llama describes LLaMA, Mistral and Mixtral checkpoints: HuggingFace
// folders of model_type llama, mistral and mixtral, and GGUF files of
// general.architecture llama, which is what llama.cpp calls all three.
//
// It promises the computation of transformers' LlamaForCausalLM, MistralForCausalLM and
// MixtralForCausalLM (arXiv 2302.13971, 2310.06825, 2401.04088), and for GGUF files
// llama.cpp's where transformers leaves out what the file says (RoPE scaling, biases,
// experts). Quantised HuggingFace checkpoints are refused. The experts' modules have
// the names that they have on disk.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "llama",
		Version:           "0.1.0",
		ModelTypes:        []string{"llama", "mistral", "mixtral"},
		GGUFArchitectures: []string{"llama"},
		Describe:          describe,
	}
}

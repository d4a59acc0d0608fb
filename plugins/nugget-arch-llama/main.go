// Nugget-arch-llama describes LLaMA and Mistral checkpoints: HuggingFace folders of
// model_type llama and mistral, and GGUF files of general.architecture llama, which
// is also what llama.cpp calls Mistral.
//
// It promises the computation of transformers' LlamaForCausalLM and
// MistralForCausalLM, and for GGUF files llama.cpp's where transformers leaves out
// what the file says (RoPE scaling, biases). It does not describe mixtures of
// experts, nor quantised HuggingFace checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "llama",
		Version:           "0.1.0",
		ModelTypes:        []string{"llama", "mistral"},
		GGUFArchitectures: []string{"llama"},
		Describe:          describe,
	}
}

// Nugget-arch-gptj describes GPT-J checkpoints: HuggingFace folders of model_type gptj.
//
// It promises the computation of transformers' GPTJForCausalLM in float32 ("Mesh
// Transformer JAX", Wang 2021): attention and MLP side by side on one layer norm, RoPE on
// adjacent pairs of a part of each head, an unembedding with a bias. It does not describe
// quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "gptj",
		Version:    "0.1.0",
		ModelTypes: []string{"gptj"},
		Describe:   describe,
	}
}

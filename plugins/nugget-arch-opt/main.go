// Nugget-arch-opt describes OPT checkpoints: HuggingFace folders of model_type opt.
//
// It promises the computation of transformers' OPTForCausalLM in float32 (arXiv
// 2205.01068): learned positions that begin at row 2, layer norms before attention and
// MLP, or behind what they are added to. It does not describe OPT-350M, whose embeddings
// are narrower than its layers, nor quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "opt",
		Version:    "0.1.0",
		ModelTypes: []string{"opt"},
		Describe:   describe,
	}
}

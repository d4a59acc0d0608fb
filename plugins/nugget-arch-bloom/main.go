// Nugget-arch-bloom describes BLOOM checkpoints: HuggingFace folders of model_type
// bloom.
//
// It promises the computation of transformers' BloomForCausalLM in float32 (arXiv
// 2211.05100): ALiBi (arXiv 2108.12409), one map for q, k and v head by head, and a norm
// behind the embeddings. It does not describe quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "bloom",
		Version:    "0.1.0",
		ModelTypes: []string{"bloom"},
		Describe:   describe,
	}
}

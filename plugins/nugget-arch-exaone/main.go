// Nugget-arch-exaone describes EXAONE 4.0 checkpoints: HuggingFace folders of model_type
// exaone4.
//
// It promises the computation of transformers' Exaone4ForCausalLM in float32 (arXiv
// 2507.11407): what attention and MLP give is normed and not what they read, q and k are
// normed a head at a time, and beside layers with a window those without one do not
// rotate. It does not describe EXAONE before 4.0, whose class is not part of transformers,
// the mixtures of experts (exaone_moe), nor quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "exaone",
		Version:    "0.1.0",
		ModelTypes: []string{"exaone4"},
		Describe:   describe,
	}
}

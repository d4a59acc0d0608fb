// Nugget-arch-mpt describes MPT checkpoints: HuggingFace folders of model_type mpt.
//
// It promises the computation of transformers' MptForCausalLM in float32 ("Introducing
// MPT-7B", MosaicML 2023): ALiBi (arXiv 2108.12409), norms and maps without biases, q, k
// and v in one map. What the class does not read of MPT's own configuration, as learned
// positions or biases, has no part in it. It does not describe models whose queries, keys
// and values are clipped (clip_qkv), nor quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "mpt",
		Version:    "0.1.0",
		ModelTypes: []string{"mpt"},
		Describe:   describe,
	}
}

// Nugget-arch-gpt2 describes GPT-2 checkpoints: HuggingFace folders of model_type gpt2
// and GGUF files of general.architecture gpt2.
//
// It promises the computation of transformers' GPT2LMHeadModel in float32 (Radford et
// al., "Language Models are Unsupervised Multitask Learners", 2019): learned positions,
// one fused map for q, k and v, maps that lie as [in, out] on disk. Folders that were
// saved from the inner model, whose tensors lack "transformer.", are taken as well, and
// so are models that could attend to an encoder: without one, that part does nothing. It
// does not describe quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "gpt2",
		Version:           "0.1.0",
		ModelTypes:        []string{"gpt2"},
		GGUFArchitectures: []string{"gpt2"},
		Describe:          describe,
	}
}

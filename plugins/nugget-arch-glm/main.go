// Nugget-arch-glm describes GLM-4 checkpoints: HuggingFace folders of model_type glm
// (GLM-4-9B) and glm4 (GLM-4-0414).
//
// It promises the computation of transformers' GlmForCausalLM and Glm4ForCausalLM in
// float32 (arXiv 2406.12793): RoPE on adjacent pairs of a part of each head, gate and up
// fused, and in glm4 norms also behind attention and MLP. It does not describe the
// mixtures of experts (glm4_moe), the checkpoints from before there were classes in
// transformers (chatglm), nor quantised ones.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "glm",
		Version:    "0.1.0",
		ModelTypes: []string{"glm", "glm4"},
		Describe:   describe,
	}
}

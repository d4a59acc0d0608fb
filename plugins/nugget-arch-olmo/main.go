// Nugget-arch-olmo describes OLMo, OLMo 2, OLMo 3 and OLMoE checkpoints: HuggingFace
// folders of model_type olmo, olmo2, olmo3 and olmoe, and GGUF files of
// general.architecture olmo2, which is what llama.cpp calls OLMo 2 and 3.
//
// It promises the computation of transformers' OlmoForCausalLM, Olmo2ForCausalLM,
// Olmo3ForCausalLM and OlmoeForCausalLM in float32 (arXiv 2402.00838, 2501.00656,
// 2512.13961, 2409.02060), and for GGUF files llama.cpp's. It does not describe models
// whose queries, keys and values are clipped (clip_qkv), nor quantised HuggingFace
// checkpoints. The experts' modules have the names that they have on disk.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "olmo",
		Version:           "0.1.0",
		ModelTypes:        []string{"olmo", "olmo2", "olmo3", "olmoe"},
		GGUFArchitectures: []string{"olmo2"},
		Describe:          describe,
	}
}

// Nugget-arch-gptneox describes GPT-NeoX and Pythia checkpoints: HuggingFace folders of
// model_type gpt_neox.
//
// It promises the computation of transformers' GPTNeoXForCausalLM in float32 (arXiv
// 2204.06745, 2304.01373): RoPE on a part of each head, attention and MLP side by side
// or one after the other, one fused map in which q, k and v follow one another head by
// head. The unembedding has the path that transformers 5 gives it, lm_head; on disk it
// is embed_out. Quantised checkpoints are refused.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "gptneox",
		Version:    "0.1.0",
		ModelTypes: []string{"gpt_neox"},
		Describe:   describe,
	}
}

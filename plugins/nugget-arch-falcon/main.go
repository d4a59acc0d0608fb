// Nugget-arch-falcon describes Falcon checkpoints: HuggingFace folders of model_type
// falcon.
//
// It promises the computation of transformers' FalconForCausalLM in float32 (arXiv
// 2311.16867): attention and MLP side by side on one norm (Falcon-7B) or on one each
// (Falcon-40B), or one after the other, with one or several heads of keys in a fused map.
// It does not describe models with ALiBi (Falcon-RW), whose biases transformers rounds to
// bfloat16, nor quantised checkpoints.
package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:       "falcon",
		Version:    "0.1.0",
		ModelTypes: []string{"falcon"},
		Describe:   describe,
	}
}

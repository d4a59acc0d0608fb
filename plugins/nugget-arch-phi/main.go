// Nugget-arch-phi describes Phi checkpoints: HuggingFace folders of model_type phi
// (Phi-1, 1.5 and 2) and phi3 (Phi-3, 3.5, 4 and 4-mini), and GGUF files of
// general.architecture phi2 and phi3.
//
// It promises the computation of transformers' PhiForCausalLM and Phi3ForCausalLM in
// float32 (arXiv 2306.11644, 2309.05463, 2404.14219, 2412.08905). Phi has attention and
// MLP side by side on one layer norm, biases on every map and RoPE on a part of each
// head; Phi-3 has LLaMA's layers with q, k and v in one map, gate and up in another, and
// RoPE that knows short and long sequences (arXiv 2402.13753). It does not describe Phi-3
// small, nor models that also see images or hear, nor quantised HuggingFace checkpoints.
package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:              "phi",
		Version:           "0.1.0",
		ModelTypes:        []string{"phi", "phi3"},
		GGUFArchitectures: []string{"phi2", "phi3"},
		Describe:          describe,
	}
}

func describe(req *archpb.DescribeRequest) (*archpb.Model, error) {
	if req.Format == archpb.DescribeRequest_FORMAT_GGUF {
		return describeGGUF(req)
	}
	c := sdk.NewConfig(req)
	read := readPhi
	if c.String("model_type", "phi") == "phi3" {
		read = readPhi3
	}
	s := read(c)
	c.RefuseQuantised()
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	m.Ignore = []string{"*rotary_emb.inv_freq"}
	if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from the inner model, without the head
	}
	return m, nil
}

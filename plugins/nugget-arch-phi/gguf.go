package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture phi2 and phi3. There is no key
// for the activations. Phi-3's window is the file's, as transformers reads it; llama.cpp
// has switched it off for now. Its factors of short and long RoPE are tensors.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	all := sdk.NewConfig(req)
	name := all.String("general.architecture", "phi3")
	c := all.Under(name)
	g := all.GGUFShape(name)
	s := shape{
		family:       name,
		vocab:        g.Vocab,
		hidden:       g.Hidden,
		ffn:          c.UniformSize("feed_forward_length", 0),
		layers:       g.Layers,
		maxPositions: g.MaxPositions,
		heads:        g.Heads,
		activation:   archpb.Activation_FUNCTION_SILU,
		tied:         !sdk.HasTensor(req, "output.weight"),
	}
	names := sdk.LlamaGGUFNames()
	if name == "phi2" {
		s.family, s.activation = "phi", archpb.Activation_FUNCTION_GELU_TANH
		s.eps = c.NonNegative("attention.layer_norm_epsilon", 1e-5)
		phiNames(names)
	} else {
		s.eps = c.NonNegative("attention.layer_norm_rms_epsilon", 1e-5)
		s.heads.Window = c.Int("attention.sliding_window", 0)
		names[attnPath+"qkv_proj"], names[mlpPath+"gate_up_proj"] = "blk.{layer}.attn_qkv", "blk.{layer}.ffn_up"
	}
	s.rope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	sdk.NameTensors(m, names)
	return m, nil
}

func phiNames(names map[string]string) {
	names["model.final_layernorm"] = "output_norm"
	names[attnPath+"dense"] = "blk.{layer}.attn_output"
	names[mlpPath+"fc1"], names[mlpPath+"fc2"] = "blk.{layer}.ffn_up", "blk.{layer}.ffn_down"
}

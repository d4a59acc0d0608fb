package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture starcoder2. It has no key for
// the activation, which is GELU by tanh, nor for the window, which llama.cpp does not
// have: it sees all before a token, and so does what is described here.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	const name = "starcoder2"
	all := sdk.NewConfig(req)
	c := all.Under(name)
	g := all.GGUFShape(name)
	s := shape{
		vocab:        g.Vocab,
		hidden:       g.Hidden,
		ffn:          c.UniformSize("feed_forward_length", 0),
		layers:       g.Layers,
		maxPositions: g.MaxPositions,
		heads:        g.Heads,
		eps:          c.NonNegative("attention.layer_norm_epsilon", 1e-5),
		activation:   archpb.Activation_FUNCTION_GELU_TANH,
		bias:         sdk.HasTensor(req, "blk.0.attn_q.bias"),
		tied:         !sdk.HasTensor(req, "output.weight"),
	}
	c.WholeRope(s.heads.Dim)
	s.rope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	names := sdk.LlamaGGUFNames()
	names["model.layers.{layer}.mlp.c_fc"] = "blk.{layer}.ffn_up"
	names["model.layers.{layer}.mlp.c_proj"] = "blk.{layer}.ffn_down"
	sdk.NameTensors(m, names)
	return m, nil
}

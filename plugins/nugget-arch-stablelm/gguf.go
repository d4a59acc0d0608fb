package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture stablelm. As llama.cpp does, it
// takes from the tensors whether there are biases, norms of heads, and an MLP beside
// attention, whose norm the file then lacks. The norms of q's heads are one tensor there,
// and one module here, for which transformers has a list of modules.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	const name = "stablelm"
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
		activation:   archpb.Activation_FUNCTION_SILU,
		qkvBias:      sdk.HasTensor(req, "blk.0.attn_q.bias"),
		parallel:     !sdk.HasTensor(req, "blk.0.ffn_norm.weight"),
		tied:         !sdk.HasTensor(req, "output.weight"),
	}
	s.headNorms = sdk.HasTensor(req, "blk.0.attn_q_norm.weight")
	s.oneTensor = s.headNorms
	s.rope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	names := sdk.LlamaGGUFNames()
	names[attnPath+"q_layernorm"], names[attnPath+"k_layernorm"] = "blk.{layer}.attn_q_norm", "blk.{layer}.attn_k_norm"
	sdk.NameTensors(m, names)
	return m, nil
}

package main

import (
	"math"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture granite. As in llama.cpp
// (src/models/granite.cpp) a multiplier that is missing or 0 is none, the scores' then
// 1/sqrt of a head's width; biases and a tied unembedding are taken from the tensors;
// and the rows of q and k are in another order. There is no key for the activation,
// which is silu.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	const name = "granite"
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
		eps:          c.NonNegative("attention.layer_norm_rms_epsilon", 1e-6),
		activation:   archpb.Activation_FUNCTION_SILU,
		tied:         !sdk.HasTensor(req, "output.weight"),
		attnBias:     sdk.HasTensor(req, "blk.0.attn_q.bias"),
		mlpBias:      sdk.HasTensor(req, "blk.0.ffn_up.bias"),
		embedding:    scale(c, "embedding_scale", 1),
		residual:     scale(c, "residual_scale", 1),
		logits:       scale(c, "logit_scale", 1),
	}
	s.heads.Scale = scale(c, "attention.scale", 1/math.Sqrt(float64(max(s.heads.Dim, 1))))
	if !c.Bool("rope.scaling.finetuned", true) {
		c.Fail("rope.scaling.finetuned", "is false, expected true: Granite without RoPE is not described")
	}
	c.WholeRope(s.heads.Dim)
	s.rope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	sdk.NameTensors(m, sdk.LlamaGGUFNames())
	sdk.Modules(m, func(m *archpb.Module) {
		switch m.Role {
		case archpb.Role_ROLE_Q:
			sdk.Interleave(m, s.heads.Count)
		case archpb.Role_ROLE_K:
			sdk.Interleave(m, s.heads.KV)
		}
	})
	return m, nil
}

func scale(c *sdk.Config, key string, none float64) float64 {
	if by := c.NonNegative(key, 0); by > 0 {
		return by
	}
	return none
}

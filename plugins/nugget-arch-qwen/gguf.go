package main

import (
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture qwen2, qwen3 and qwen3moe.
// What llama.cpp takes from the tensors that a file has, is taken from them here:
// biases, a tied unembedding. It has no key for the activation, which is silu, nor for
// sliding windows, nor for the renormalisation of the chosen experts' weights, which
// are renormalised, in every layer (llama.cpp, src/models/qwen*.cpp).
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	all := sdk.NewConfig(req)
	name := all.String("general.architecture", "qwen2")
	c := all.Under(name)
	g := all.GGUFShape(name)
	sparse := name == "qwen3moe"
	s := shape{
		family:       name,
		vocab:        g.Vocab,
		hidden:       g.Hidden,
		maxPositions: g.MaxPositions,
		heads:        g.Heads,
		eps:          c.NonNegative("attention.layer_norm_rms_epsilon", 1e-6),
		activation:   archpb.Activation_FUNCTION_SILU,
		tied:         !sdk.HasTensor(req, "output.weight"),
		qkvBias:      sdk.HasTensor(req, "blk.0.attn_q.bias"),
		oBias:        sdk.HasTensor(req, "blk.0.attn_output.bias"),
		headNorms:    name != "qwen2",
		layers:       slices.Repeat([]layer{{sparse: sparse}}, g.Layers),
	}
	c.WholeRope(s.heads.Dim)
	s.rope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	if sparse {
		s.family = "qwen3_moe"
		s.experts = experts{
			count:       c.Size("expert_count", 0),
			top:         c.Size("expert_used_count", 0),
			ffn:         c.Size("expert_feed_forward_length", 0),
			renormalize: true,
		}
		if s.experts.top > s.experts.count {
			c.Fail("expert_used_count", "is %d, expected at most the number of experts, %d", s.experts.top, s.experts.count)
		}
	} else {
		s.ffn = c.UniformSize("feed_forward_length", 0)
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	sdk.NameTensors(m, sdk.LlamaGGUFNames())
	if sparse {
		sdk.StackExperts(m, map[archpb.Role]string{
			archpb.Role_ROLE_GATE: "blk.{layer}.ffn_gate_exps",
			archpb.Role_ROLE_UP:   "blk.{layer}.ffn_up_exps",
			archpb.Role_ROLE_DOWN: "blk.{layer}.ffn_down_exps",
		})
	}
	return m, nil
}

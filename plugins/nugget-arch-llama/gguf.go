package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture llama. What llama.cpp
// takes from the tensors that a file has, is taken from them here: biases, a tied
// unembedding, RoPE's divisors. It has no key for the activation, which is silu.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	all := sdk.NewConfig(req)
	c := all.Under("llama")
	g := all.GGUFShape("llama")
	s := shape{
		family:       "llama",
		vocab:        g.Vocab,
		hidden:       g.Hidden,
		ffn:          c.UniformSize("feed_forward_length", 0),
		layers:       g.Layers,
		maxPositions: g.MaxPositions,
		heads:        g.Heads,
		eps:          c.NonNegative("attention.layer_norm_rms_epsilon", 1e-5),
		activation:   archpb.Activation_FUNCTION_SILU,
		tied:         !sdk.HasTensor(req, "output.weight"),
	}
	c.WholeRope(s.heads.Dim)
	if s.experts = c.Int("expert_count", 0); s.experts > 0 {
		s.family = "mixtral"
		s.top = c.Size("expert_used_count", 0)
		if s.top > s.experts {
			c.Fail("expert_used_count", "is %d, expected at most the number of experts, %d", s.top, s.experts)
		}
	}
	s.rope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	if err := c.Err(); err != nil {
		return nil, err
	}
	biased := func(name string) bool { return sdk.HasTensor(req, "blk.0."+name+".bias") }
	s.qBias, s.kBias, s.vBias, s.oBias = biased("attn_q"), biased("attn_k"), biased("attn_v"), biased("attn_output")
	s.gateBias, s.upBias, s.downBias = biased("ffn_gate"), biased("ffn_up"), biased("ffn_down")

	m := s.model()
	sdk.NameTensors(m, sdk.LlamaGGUFNames())
	if s.experts > 0 {
		nameExperts(req, m)
	}
	sdk.Modules(m, func(m *archpb.Module) {
		switch m.Role {
		case archpb.Role_ROLE_Q:
			sdk.Interleave(m, s.heads.Count)
		case archpb.Role_ROLE_K:
			sdk.Interleave(m, s.heads.KV)
		}
	})
	m.Ignore = []string{"blk.*.attn_rot_embd.weight"}
	return m, nil
}

// nameExperts names the tensors of Mixtral's experts: one of all of a layer's, or in
// the files of before April 2024 one each.
func nameExperts(req *archpb.DescribeRequest, m *archpb.Model) {
	const moe, ffn = "model.layers.{layer}.block_sparse_moe.", "blk.{layer}.ffn_"
	expert := moe + "experts.{expert}."
	if sdk.HasTensor(req, "blk.0.ffn_gate.0.weight") {
		sdk.NameTensors(m, map[string]string{
			moe + "gate":  ffn + "gate_inp",
			expert + "w1": ffn + "gate.{expert}",
			expert + "w3": ffn + "up.{expert}",
			expert + "w2": ffn + "down.{expert}",
		})
		return
	}
	sdk.NameTensors(m, map[string]string{moe + "gate": ffn + "gate_inp"})
	sdk.StackExperts(m, map[archpb.Role]string{
		archpb.Role_ROLE_GATE: ffn + "gate_exps",
		archpb.Role_ROLE_UP:   ffn + "up_exps",
		archpb.Role_ROLE_DOWN: ffn + "down_exps",
	})
}

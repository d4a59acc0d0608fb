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
	s := shape{
		family:       "llama",
		vocab:        all.GGUFVocab("llama"),
		hidden:       c.Size("embedding_length", 0),
		ffn:          c.UniformSize("feed_forward_length", 0),
		layers:       c.Layers("block_count", 0),
		maxPositions: c.Size("context_length", 0),
		eps:          c.NonNegative("attention.layer_norm_rms_epsilon", 1e-5),
		activation:   archpb.Activation_FUNCTION_SILU,
		tied:         !sdk.HasTensor(req, "output.weight"),
	}
	s.heads.Count = c.UniformSize("attention.head_count", 0)
	s.heads.KV = c.UniformSize("attention.head_count_kv", s.heads.Count)
	s.heads.Dim = c.HeadDim("attention.key_length", "embedding_length", s.hidden, s.heads.Count)
	if v := c.Size("attention.value_length", s.heads.Dim); v != s.heads.Dim {
		c.Fail("attention.value_length", "is %d, expected %d as the keys have", v, s.heads.Dim)
	}
	if n := c.Size("rope.dimension_count", s.heads.Dim); n != s.heads.Dim {
		c.Fail("rope.dimension_count", "is %d, expected %d, the whole head", n, s.heads.Dim)
	}
	if n := c.Int("expert_count", 0); n > 0 {
		c.Fail("expert_count", "is %d: this plugin does not describe mixtures of experts", n)
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

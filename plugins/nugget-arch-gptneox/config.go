package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func describe(req *archpb.DescribeRequest) (*archpb.Model, error) {
	c := sdk.NewConfig(req)
	s := huggingFace(c)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	if !sdk.HasTensor(req, "lm_head.weight") {
		sdk.NameTensors(m, map[string]string{"lm_head": "embed_out"})
	}
	// Masks and frequencies, which early transformers saved as buffers.
	m.Ignore = []string{"*layers.*.attention.bias", "*layers.*.attention.masked_bias", "*rotary_emb.inv_freq"}
	if sdk.HasTensor(req, "embed_in.weight") {
		sdk.TrimTensors(m, inner) // saved from GPTNeoXModel, without the head
	}
	return m, nil
}

// huggingFace reads config.json with the defaults of transformers' GPTNeoXConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:        c.Size("vocab_size", 50432),
		hidden:       c.Size("hidden_size", 6144),
		ffn:          c.Size("intermediate_size", 24576),
		layers:       c.Layers("num_hidden_layers", 44),
		maxPositions: c.Size("max_position_embeddings", 2048),
		eps:          c.NonNegative("layer_norm_eps", 1e-5),
		activation:   c.Activation("hidden_act", "gelu"),
		attnBias:     c.Bool("attention_bias", true),
		parallel:     c.Bool("use_parallel_residual", true),
		tied:         c.Bool("tie_word_embeddings", false),
	}
	s.heads = c.Size("num_attention_heads", 64)
	if s.hidden%max(s.heads, 1) != 0 {
		c.Fail("num_attention_heads", "is %d, expected a number that divides hidden_size, %d", s.heads, s.hidden)
	}
	s.headDim = s.hidden / max(s.heads, 1)
	if dim := c.HeadDim("head_dim", "hidden_size", s.hidden, max(s.heads, 1)); dim != s.headDim {
		c.Fail("head_dim", "is %d, expected %d, the heads' share of hidden_size", dim, s.headDim)
	}
	s.rope = c.Rope(sdk.RopeDefaults{
		HeadDim: s.headDim, MaxPositions: s.maxPositions, Partial: 0.25, RoundUp: true, ThetaKey: "rotary_emb_base", PartialKey: "rotary_pct",
	})
	c.RefuseQuantised()
	return s
}

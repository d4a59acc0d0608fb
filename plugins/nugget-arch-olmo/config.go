package main

import (
	"slices"

	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// huggingFace reads config.json with the defaults of transformers' OlmoConfig,
// Olmo2Config, Olmo3Config and OlmoeConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{family: c.String("model_type", "olmo2")}
	hidden, ffn, layers, heads, maxPositions := 4096, 11008, 32, 32, 2048
	if s.family == "olmoe" {
		hidden, ffn, layers, heads, maxPositions = 2048, 2048, 16, 16, 4096
	}
	s.vocab = c.Size("vocab_size", 50304)
	s.hidden = c.Size("hidden_size", hidden)
	s.ffn = c.Size("intermediate_size", ffn)
	n := c.Layers("num_hidden_layers", layers)
	s.maxPositions = c.Size("max_position_embeddings", maxPositions)
	s.activation = c.Activation("hidden_act", "silu")
	s.attnBias = c.Bool("attention_bias", false)
	s.tied = c.Bool("tie_word_embeddings", false)
	s.heads.Count = c.Size("num_attention_heads", heads)
	s.heads.KV = c.Size("num_key_value_heads", s.heads.Count)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	s.bareNorms = s.family == "olmo"
	s.postNorms = s.family == "olmo2" || s.family == "olmo3"
	s.eps = 1e-5 // OlmoLayerNorm's own
	if !s.bareNorms {
		s.eps = c.NonNegative("rms_norm_eps", 1e-5)
	}
	if !s.postNorms && c.Has("clip_qkv") {
		c.Fail("clip_qkv", "is %v, expected null: clipped queries, keys and values are not described", c.Float("clip_qkv", 0))
	}
	if s.family == "olmoe" {
		s.readExperts(c)
	}
	s.readLayers(c, n)
	c.RefuseQuantised()
	return s
}

// readLayers reads the layers' types, which only OLMo 3 has, and RoPE. OLMo 3 takes
// rope_theta and rope_scaling for its full layers alone.
func (s *shape) readLayers(c *sdk.Config, n int) {
	rope := sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true}
	if s.family != "olmo3" {
		s.layers = slices.Repeat([]string{sdk.FullAttention}, n)
		s.fullRope = c.Rope(rope)
		return
	}
	rope.LayerType, rope.Theta = sdk.FullAttention, 5e5
	s.fullRope = c.Rope(rope)
	rope.LayerType, rope.OwnTheta = sdk.SlidingAttention, true
	s.slidingRope = c.Rope(rope)
	s.layers = c.LayerTypes(n, func(layer int) string {
		if (layer+1)%4 == 0 {
			return sdk.FullAttention
		}
		return sdk.SlidingAttention
	})
	if slices.Contains(s.layers, sdk.SlidingAttention) {
		if c.Null("sliding_window") {
			c.Fail("sliding_window", "is null, expected a number, as layers slide")
		}
		s.window = c.Size("sliding_window", 4096)
	}
}

// readExperts reads OLMoE's experts, which every layer has.
func (s *shape) readExperts(c *sdk.Config) {
	c.Alias("num_experts", "num_local_experts") // OlmoeConfig's attribute_map
	s.experts = c.Size("num_experts", 64)
	s.top = c.Size("num_experts_per_tok", 8)
	if s.top > s.experts {
		c.Fail("num_experts_per_tok", "is %d, expected at most the number of experts, %d", s.top, s.experts)
	}
	s.renormalize = c.Bool("norm_topk_prob", false)
}

package main

import (
	"slices"

	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// huggingFace reads config.json with the defaults of transformers' Qwen2Config,
// Qwen3Config and Qwen3MoeConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{family: c.String("model_type", "qwen2")}
	sparse := s.family == "qwen3_moe"
	hidden, ffn, layers, kv := 4096, 22016, 32, 32
	if sparse {
		hidden, ffn, layers, kv = 2048, 6144, 24, 4
	}
	s.vocab = c.Size("vocab_size", 151936)
	s.hidden = c.Size("hidden_size", hidden)
	s.ffn = c.Size("intermediate_size", ffn)
	n := c.Layers("num_hidden_layers", layers)
	s.maxPositions = c.Size("max_position_embeddings", 32768)
	s.eps = c.NonNegative("rms_norm_eps", 1e-6)
	s.activation = c.Activation("hidden_act", "silu")
	s.tied = c.Bool("tie_word_embeddings", false)
	s.heads.Count = c.Size("num_attention_heads", 32)
	if c.Null("num_key_value_heads") {
		kv = s.heads.Count
	}
	s.heads.KV = c.Size("num_key_value_heads", kv)
	s.heads.Dim = headDim(c, s)
	if s.family == "qwen2" {
		s.qkvBias = true
	} else {
		s.headNorms = true
		s.qkvBias = c.Bool("attention_bias", false)
		s.oBias = s.qkvBias
	}
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true})
	if sparse {
		s.layers = slices.Repeat([]layer{{window: window(c)}}, n)
		s.readExperts(c)
	} else {
		s.layers = windows(c, n)
	}
	c.RefuseQuantised()
	return s
}

// headDim is the heads' share of the hidden size, but for Qwen3, whose class says 128.
func headDim(c *sdk.Config, s shape) int {
	if s.family == "qwen3" && !c.Has("head_dim") {
		return 128
	}
	return c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
}

// window is the sliding window, or 0: it is off unless it is switched on.
func window(c *sdk.Config) int {
	w := c.Int("sliding_window", 4096)
	if !c.Bool("use_sliding_window", false) || c.Null("sliding_window") {
		return 0
	}
	return c.Size("sliding_window", w)
}

// windows says which layers slide: as layer_types says, else those from
// max_window_layers on.
func windows(c *sdk.Config, n int) []layer {
	w := window(c)
	first := c.Int("max_window_layers", 28)
	layers := make([]layer, n)
	for i, t := range c.LayerTypes(n, func(i int) string {
		if w > 0 && i >= first {
			return sdk.SlidingAttention
		}
		return sdk.FullAttention
	}) {
		if t == sdk.SlidingAttention {
			if w == 0 {
				c.Fail("layer_types", "has %q for layer %d, expected use_sliding_window to be true and sliding_window a number", t, i)
			}
			layers[i].window = w
		}
	}
	return layers
}

// readExperts reads which layers have experts, and what these are like.
func (s *shape) readExperts(c *sdk.Config) {
	c.Alias("num_experts", "num_local_experts") // as transformers 5 saves it
	count := c.Int("num_experts", 128)
	s.experts = experts{
		count:       count,
		top:         c.Size("num_experts_per_tok", 8),
		ffn:         c.Size("moe_intermediate_size", 768),
		renormalize: c.Bool("norm_topk_prob", false),
	}
	if count > 0 && s.experts.top > count {
		c.Fail("num_experts_per_tok", "is %d, expected at most the number of experts, %d", s.experts.top, count)
	}
	step := c.Size("decoder_sparse_step", 1)
	dense := c.Ints("mlp_only_layers")
	for i := range s.layers {
		s.layers[i].sparse = count > 0 && (i+1)%max(step, 1) == 0 && !slices.Contains(dense, i)
	}
}

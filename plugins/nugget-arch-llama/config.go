package main

import "github.com/neuralnuggets/nugget/plugins/sdk"

// huggingFace reads config.json with the defaults of transformers' LlamaConfig,
// MistralConfig and MixtralConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{family: c.String("model_type", "llama")}
	ffn, maxPositions, kv, eps, theta := 11008, 2048, 0, 1e-6, 1e4
	switch s.family {
	case "mistral":
		ffn, maxPositions, kv = 14336, 131072, 8
	case "mixtral":
		ffn, maxPositions, kv, eps, theta = 14336, 131072, 8, 1e-5, 1e6
	}
	s.vocab = c.Size("vocab_size", 32000)
	s.hidden = c.Size("hidden_size", 4096)
	s.ffn = c.Size("intermediate_size", ffn)
	s.layers = c.Layers("num_hidden_layers", 32)
	s.maxPositions = c.Size("max_position_embeddings", maxPositions)
	s.eps = c.NonNegative("rms_norm_eps", eps)
	s.activation = c.Activation("hidden_act", "silu")
	s.tied = c.Bool("tie_word_embeddings", false)
	s.heads.Count = c.Size("num_attention_heads", 32)
	if kv == 0 || c.Null("num_key_value_heads") {
		kv = s.heads.Count
	}
	s.heads.KV = c.Size("num_key_value_heads", kv)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	switch s.family {
	case "mistral":
		if !c.Null("sliding_window") {
			s.heads.Window = c.Size("sliding_window", 4096)
		}
	case "mixtral":
		if c.Has("sliding_window") {
			s.heads.Window = c.Size("sliding_window", 0)
		}
		s.readExperts(c)
	default:
		if c.Bool("attention_bias", false) {
			s.qBias, s.kBias, s.vBias, s.oBias = true, true, true, true
		}
		if c.Bool("mlp_bias", false) {
			s.gateBias, s.upBias, s.downBias = true, true, true
		}
	}
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true, Theta: theta})
	c.RefuseQuantised()
	return s
}

// readExperts reads Mixtral's experts. The chosen ones' weights are always divided by
// their sum.
func (s *shape) readExperts(c *sdk.Config) {
	c.Alias("num_local_experts", "num_experts") // MixtralConfig's attribute_map
	s.experts = c.Size("num_local_experts", 8)
	s.top = c.Size("num_experts_per_tok", 2)
	if s.top > s.experts {
		c.Fail("num_experts_per_tok", "is %d, expected at most the number of experts, %d", s.top, s.experts)
	}
}

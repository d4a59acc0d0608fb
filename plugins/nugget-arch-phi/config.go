package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// shape is what the configurations come down to.
type shape struct {
	family       string
	vocab        int
	hidden, ffn  int
	layers       int
	maxPositions int
	heads        sdk.Heads
	rope         *archpb.Rope
	eps          float64
	activation   archpb.Activation_Function
	tied         bool
	headNorms    bool // of q and k, a head at a time; Phi's alone
}

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	m := &archpb.Model{
		Family:       s.family,
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Layers: sdk.Repeat(s.layers),
	}
	if s.family == "phi" {
		m.Blocks = []*archpb.Block{s.parallelBlock()}
		m.Epilogue = sdk.Program(sdk.LayerNorm("model.final_layernorm", s.hidden, s.eps).From("h"), head.Bias(true))
	} else {
		m.Blocks = []*archpb.Block{s.fusedBlock()}
		m.Epilogue = sdk.Program(sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"), head)
	}
	return m
}

// readPhi reads config.json with the defaults of transformers' PhiConfig.
func readPhi(c *sdk.Config) shape {
	s := shape{
		family:     "phi",
		vocab:      c.Size("vocab_size", 51200),
		hidden:     c.Size("hidden_size", 2048),
		ffn:        c.Size("intermediate_size", 8192),
		layers:     c.Layers("num_hidden_layers", 24),
		eps:        c.NonNegative("layer_norm_eps", 1e-5),
		activation: c.Activation("hidden_act", "gelu_new"),
		headNorms:  c.Bool("qk_layernorm", false),
	}
	s.maxPositions = c.Size("max_position_embeddings", 2048)
	s.readHeads(c)
	if share := s.hidden / max(s.heads.Count, 1); s.headNorms && s.heads.Dim != share {
		c.Fail("head_dim", "is %d, expected %d, the heads' share of hidden_size, with qk_layernorm", s.heads.Dim, share)
	}
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, Partial: 0.5})
	return s
}

// readPhi3 reads config.json with the defaults of transformers' Phi3Config.
func readPhi3(c *sdk.Config) shape {
	s := shape{
		family:     "phi3",
		vocab:      c.Size("vocab_size", 32064),
		hidden:     c.Size("hidden_size", 3072),
		ffn:        c.Size("intermediate_size", 8192),
		layers:     c.Layers("num_hidden_layers", 32),
		eps:        c.NonNegative("rms_norm_eps", 1e-5),
		activation: c.Activation("hidden_act", "silu"),
	}
	s.maxPositions = c.Size("max_position_embeddings", 4096)
	s.readHeads(c)
	if c.Has("sliding_window") {
		s.heads.Window = c.Size("sliding_window", 0)
	}
	s.rope = c.Rope(sdk.RopeDefaults{
		HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, OriginalPositions: 4096, OnlyLongRope: true, RoundUp: true,
	})
	return s
}

func (s *shape) readHeads(c *sdk.Config) {
	s.heads.Count = c.Size("num_attention_heads", 32)
	s.heads.KV = c.Size("num_key_value_heads", s.heads.Count)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	s.tied = c.Bool("tie_word_embeddings", false)
}

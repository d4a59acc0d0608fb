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
	// Masks, which early transformers saved as buffers.
	m.Ignore = []string{"*h.*.attn.bias", "*h.*.attn.masked_bias"}
	if sdk.HasTensor(req, "wte.weight") {
		sdk.TrimTensors(m, inner) // saved from GPTJModel, without the head
	}
	return m, nil
}

// shape is what config.json comes down to.
type shape struct {
	vocab        int
	hidden, ffn  int
	layers       int
	maxPositions int
	heads        sdk.Heads
	rope         *archpb.Rope
	eps          float64
	activation   archpb.Activation_Function
	tied         bool
}

// huggingFace reads config.json with the defaults of transformers' GPTJConfig.
func huggingFace(c *sdk.Config) shape {
	for key, other := range map[string]string{
		"hidden_size": "n_embd", "max_position_embeddings": "n_positions", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
	} {
		c.Alias(key, other) // GPTJConfig's attribute_map
	}
	s := shape{
		vocab:        c.Size("vocab_size", 50400),
		hidden:       c.Size("hidden_size", 4096),
		layers:       c.Layers("num_hidden_layers", 28),
		maxPositions: c.Size("max_position_embeddings", 2048),
		eps:          c.NonNegative("layer_norm_epsilon", 1e-5),
		activation:   c.Activation("activation_function", "gelu_new"),
		tied:         c.Bool("tie_word_embeddings", false),
	}
	s.ffn = c.Size("n_inner", 4*s.hidden)
	s.heads.Count = c.Size("num_attention_heads", 16)
	s.heads.KV = s.heads.Count
	s.heads.Dim = s.hidden / max(s.heads.Count, 1)
	if s.heads.Dim*s.heads.Count != s.hidden {
		c.Fail("num_attention_heads", "is %d, expected a number that divides hidden_size, %d", s.heads.Count, s.hidden)
	}
	s.rope = rope(c, s.heads.Dim)
	c.RefuseQuantised()
	return s
}

// rope turns adjacent pairs of the first rotary_dim entries of each head.
func rope(c *sdk.Config, headDim int) *archpb.Rope {
	const key = "rotary_dim"
	n := c.Size(key, 64)
	switch {
	case c.Null(key):
		c.Fail(key, "is null, expected a number")
	case n%2 != 0 || n > headDim:
		c.Fail(key, "is %d, expected an even number of at most %d, the width of a head", n, headDim)
	}
	if c.Err() != nil {
		return nil
	}
	r := sdk.PlainRope(headDim, n, 1e4)
	r.Interleaved = true
	return r
}

const inner = "transformer."

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).Bias(true).As("logits")
	if s.tied {
		head.TiedTo(inner + "wte")
	}
	const (
		layer = inner + "h.{layer}."
		attn  = layer + "attn."
		mlp   = layer + "mlp."
	)
	return &archpb.Model{
		Family:       "gptj",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed(inner+"wte", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks: []*archpb.Block{sdk.Block("layer",
			sdk.LayerNorm(layer+"ln_1", s.hidden, s.eps).From("h").As("x"),
			sdk.Linear(attn+"q_proj", archpb.Role_ROLE_Q, s.hidden, s.hidden).From("x"),
			sdk.Rope(s.rope).As("q"),
			sdk.Linear(attn+"k_proj", archpb.Role_ROLE_K, s.hidden, s.hidden).From("x"),
			sdk.Rope(s.rope).As("k"),
			sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, s.hidden).From("x").As("v"),
			sdk.Attention(s.heads).From("q", "k", "v"),
			sdk.Linear(attn+"out_proj", archpb.Role_ROLE_O, s.hidden, s.hidden).As("attended"),
			sdk.Linear(mlp+"fc_in", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(true).From("x"),
			sdk.Activate(s.activation),
			sdk.Linear(mlp+"fc_out", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(true).As("changed"),
			sdk.Add("attended", "changed", "h").As("h"),
		)},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(sdk.LayerNorm(inner+"ln_f", s.hidden, s.eps).From("h"), head),
	}
}

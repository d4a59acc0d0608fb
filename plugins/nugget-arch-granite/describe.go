package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func describe(req *archpb.DescribeRequest) (*archpb.Model, error) {
	if req.Format == archpb.DescribeRequest_FORMAT_GGUF {
		return describeGGUF(req)
	}
	c := sdk.NewConfig(req)
	s := huggingFace(c)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	m.Ignore = []string{"*rotary_emb.inv_freq"}
	if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from the inner model, without the head
	}
	return m, nil
}

// shape is what config.json comes down to.
type shape struct {
	vocab             int
	hidden, ffn       int
	layers            int
	maxPositions      int
	heads             sdk.Heads
	rope              *archpb.Rope
	eps               float64
	activation        archpb.Activation_Function
	tied              bool
	attnBias, mlpBias bool

	embedding, residual, logits float64 // multipliers; the logits are divided by theirs
}

// huggingFace reads config.json with the defaults of transformers' GraniteConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:        c.Size("vocab_size", 32000),
		hidden:       c.Size("hidden_size", 4096),
		ffn:          c.Size("intermediate_size", 11008),
		layers:       c.Layers("num_hidden_layers", 32),
		maxPositions: c.Size("max_position_embeddings", 2048),
		eps:          c.NonNegative("rms_norm_eps", 1e-6),
		activation:   c.Activation("hidden_act", "silu"),
		tied:         c.Bool("tie_word_embeddings", false),
		attnBias:     c.Bool("attention_bias", false),
		mlpBias:      c.Bool("mlp_bias", false),
		embedding:    multiplier(c, "embedding_multiplier"),
		residual:     multiplier(c, "residual_multiplier"),
		logits:       multiplier(c, "logits_scaling"),
	}
	s.heads.Count = c.Size("num_attention_heads", 32)
	s.heads.KV = c.Size("num_key_value_heads", s.heads.Count)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	s.heads.Scale = multiplier(c, "attention_multiplier")
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true})
	c.RefuseQuantised()
	return s
}

func multiplier(c *sdk.Config, key string) float64 {
	by := c.Float(key, 1)
	if !(by > 0) {
		c.Fail(key, "is %v, expected a positive number", by)
	}
	return by
}

// model is a pre-norm transformer with a gated MLP.
func (s shape) model() *archpb.Model {
	const (
		layer = "model.layers.{layer}."
		attn  = layer + "self_attn."
		mlp   = layer + "mlp."
	)
	qWidth, kvWidth := s.heads.Count*s.heads.Dim, s.heads.KV*s.heads.Dim
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab)
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	return &archpb.Model{
		Family:       "granite",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens"),
			sdk.Scale(s.embedding).As("h"),
		),
		Blocks: []*archpb.Block{sdk.Block("layer",
			sdk.RMSNorm(layer+"input_layernorm", s.hidden, s.eps).From("h").As("x"),
			sdk.Linear(attn+"q_proj", archpb.Role_ROLE_Q, s.hidden, qWidth).Bias(s.attnBias).From("x"),
			sdk.Rope(s.rope).As("q"),
			sdk.Linear(attn+"k_proj", archpb.Role_ROLE_K, s.hidden, kvWidth).Bias(s.attnBias).From("x"),
			sdk.Rope(s.rope).As("k"),
			sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.attnBias).From("x").As("v"),
			sdk.Attention(s.heads).From("q", "k", "v"),
			sdk.Linear(attn+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.attnBias),
			sdk.Scale(s.residual).As("attended"),
			sdk.Add("h", "attended").As("r"),

			sdk.RMSNorm(layer+"post_attention_layernorm", s.hidden, s.eps).As("y"),
			sdk.Linear(mlp+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).Bias(s.mlpBias).From("y"),
			sdk.Activate(s.activation).As("gate"),
			sdk.Linear(mlp+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(s.mlpBias).From("y").As("up"),
			sdk.Multiply("gate", "up"),
			sdk.Linear(mlp+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(s.mlpBias),
			sdk.Scale(s.residual).As("changed"),
			sdk.Add("r", "changed").As("h"),
		)},
		Layers: sdk.Repeat(s.layers),
		Epilogue: sdk.Program(
			sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"),
			head,
			sdk.Scale(1/s.logits).As("logits"),
		),
	}
}

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
		sdk.TrimTensors(m, "model.") // saved from Starcoder2Model, without the head
	}
	return m, nil
}

// shape is what the configurations of the two formats come down to.
type shape struct {
	vocab        int
	hidden, ffn  int
	layers       int
	maxPositions int
	heads        sdk.Heads
	rope         *archpb.Rope
	eps          float64
	activation   archpb.Activation_Function
	bias         bool // of every linear map but the unembedding
	tied         bool
}

// huggingFace reads config.json with the defaults of transformers' Starcoder2Config.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:        c.Size("vocab_size", 49152),
		hidden:       c.Size("hidden_size", 3072),
		ffn:          c.Size("intermediate_size", 12288),
		layers:       c.Layers("num_hidden_layers", 30),
		maxPositions: c.Size("max_position_embeddings", 4096),
		eps:          c.NonNegative("norm_epsilon", 1e-5),
		activation:   c.Activation("hidden_act", "gelu_pytorch_tanh"),
		bias:         c.Bool("use_bias", true),
		tied:         c.Bool("tie_word_embeddings", true),
	}
	s.heads.Count = c.Size("num_attention_heads", 24)
	s.heads.KV = c.Size("num_key_value_heads", 2)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	if c.Has("sliding_window") {
		s.heads.Window = c.Size("sliding_window", 0)
	}
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true})
	c.RefuseQuantised()
	return s
}

func (s shape) model() *archpb.Model {
	const (
		layer = "model.layers.{layer}."
		attn  = layer + "self_attn."
		mlp   = layer + "mlp."
	)
	qWidth, kvWidth := s.heads.Count*s.heads.Dim, s.heads.KV*s.heads.Dim
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	return &archpb.Model{
		Family:       "starcoder2",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks: []*archpb.Block{sdk.Block("layer",
			sdk.LayerNorm(layer+"input_layernorm", s.hidden, s.eps).From("h").As("x"),
			sdk.Linear(attn+"q_proj", archpb.Role_ROLE_Q, s.hidden, qWidth).Bias(s.bias).From("x"),
			sdk.Rope(s.rope).As("q"),
			sdk.Linear(attn+"k_proj", archpb.Role_ROLE_K, s.hidden, kvWidth).Bias(s.bias).From("x"),
			sdk.Rope(s.rope).As("k"),
			sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.bias).From("x").As("v"),
			sdk.Attention(s.heads).From("q", "k", "v"),
			sdk.Linear(attn+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.bias).As("attended"),
			sdk.Add("h", "attended").As("r"),
			sdk.LayerNorm(layer+"post_attention_layernorm", s.hidden, s.eps),
			sdk.Linear(mlp+"c_fc", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(s.bias),
			sdk.Activate(s.activation),
			sdk.Linear(mlp+"c_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(s.bias).As("changed"),
			sdk.Add("r", "changed").As("h"),
		)},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(sdk.LayerNorm("model.norm", s.hidden, s.eps).From("h"), head),
	}
}

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
	m.Ignore = []string{"*rotary_emb.inv_freq"}
	if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from the inner model, without the head
	}
	return m, nil
}

// shape is what the two configurations come down to.
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
	qkvBias      bool
}

// huggingFace reads config.json with the defaults of transformers' GlmConfig and
// Glm4Config, which are the same.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		family:       c.String("model_type", "glm4"),
		vocab:        c.Size("vocab_size", 151552),
		hidden:       c.Size("hidden_size", 4096),
		ffn:          c.Size("intermediate_size", 13696),
		layers:       c.Layers("num_hidden_layers", 40),
		maxPositions: c.Size("max_position_embeddings", 131072),
		eps:          c.NonNegative("rms_norm_eps", 1.5625e-7),
		activation:   c.Activation("hidden_act", "silu"),
		tied:         c.Bool("tie_word_embeddings", false),
		qkvBias:      c.Bool("attention_bias", true),
	}
	s.heads.Count = c.Size("num_attention_heads", 32)
	s.heads.KV = c.Size("num_key_value_heads", 2)
	s.heads.Dim = c.HeadDim("head_dim", "", 128, 1)
	if s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, Partial: 0.5}); s.rope != nil {
		s.rope.Interleaved = true
	}
	c.RefuseQuantised()
	return s
}

// model is a pre-norm transformer with a gated MLP, or as Glm4ForCausalLM one that norms
// what attention and MLP give, too.
func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	return &archpb.Model{
		Family:       s.family,
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks: []*archpb.Block{s.block()},
		Layers: sdk.Repeat(s.layers),
		Epilogue: sdk.Program(
			sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"),
			head,
		),
	}
}

func (s shape) block() *archpb.Block {
	const (
		layer = "model.layers.{layer}."
		attn  = layer + "self_attn."
		mlp   = layer + "mlp."
	)
	qWidth, kvWidth := s.heads.Count*s.heads.Dim, s.heads.KV*s.heads.Dim
	steps := []sdk.Step{
		sdk.RMSNorm(layer+"input_layernorm", s.hidden, s.eps).From("h").As("x"),
		sdk.Linear(attn+"q_proj", archpb.Role_ROLE_Q, s.hidden, qWidth).Bias(s.qkvBias).From("x"),
		sdk.Rope(s.rope).As("q"),
		sdk.Linear(attn+"k_proj", archpb.Role_ROLE_K, s.hidden, kvWidth).Bias(s.qkvBias).From("x"),
		sdk.Rope(s.rope).As("k"),
		sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.qkvBias).From("x").As("v"),
		sdk.Attention(s.heads).From("q", "k", "v"),
		sdk.Linear(attn+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden),
	}
	after := func(name, as string) { // a norm behind what was computed, where there is one
		if s.family == "glm4" {
			steps = append(steps, sdk.RMSNorm(layer+name, s.hidden, s.eps))
		}
		steps[len(steps)-1].As(as)
	}
	after("post_self_attn_layernorm", "attended")
	steps = append(steps,
		sdk.Add("h", "attended").As("r"),
		sdk.RMSNorm(layer+"post_attention_layernorm", s.hidden, s.eps),
		sdk.Linear(mlp+"gate_up_proj", archpb.Role_ROLE_GATE_UP, s.hidden, 2*s.ffn).
			Fused(1, []archpb.Role{archpb.Role_ROLE_GATE, archpb.Role_ROLE_UP}, s.ffn, s.ffn),
		sdk.Split(1, s.ffn, s.ffn).As("g", "up"),
		sdk.Activate(s.activation).From("g").As("gate"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(mlp+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden),
	)
	after("post_mlp_layernorm", "changed")
	return sdk.Block("layer", append(steps, sdk.Add("r", "changed").As("h"))...)
}

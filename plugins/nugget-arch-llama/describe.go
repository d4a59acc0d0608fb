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
	m.Ignore = []string{"*rotary_emb.inv_freq"} // buffers that old checkpoints hold
	if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from LlamaModel, without the head
	}
	return m, nil
}

// shape is what the configurations of the two formats come down to.
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

	qBias, kBias, vBias, oBias, gateBias, upBias, downBias bool
}

// huggingFace reads config.json with the defaults of transformers' LlamaConfig and
// MistralConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{family: c.String("model_type", "llama")}
	ffn, maxPositions, kv := 11008, 2048, 0
	mistral := s.family == "mistral"
	if mistral {
		ffn, maxPositions, kv = 14336, 131072, 8
	}
	s.vocab = c.Size("vocab_size", 32000)
	s.hidden = c.Size("hidden_size", 4096)
	s.ffn = c.Size("intermediate_size", ffn)
	s.layers = c.Layers("num_hidden_layers", 32)
	s.maxPositions = c.Size("max_position_embeddings", maxPositions)
	s.eps = c.NonNegative("rms_norm_eps", 1e-6)
	s.activation = c.Activation("hidden_act", "silu")
	s.tied = c.Bool("tie_word_embeddings", false)
	s.heads.Count = c.Size("num_attention_heads", 32)
	if kv == 0 || c.Null("num_key_value_heads") {
		kv = s.heads.Count
	}
	s.heads.KV = c.Size("num_key_value_heads", kv)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	if mistral {
		if !c.Null("sliding_window") {
			s.heads.Window = c.Size("sliding_window", 4096)
		}
	} else if c.Bool("attention_bias", false) {
		s.qBias, s.kBias, s.vBias, s.oBias = true, true, true, true
	}
	if !mistral && c.Bool("mlp_bias", false) {
		s.gateBias, s.upBias, s.downBias = true, true, true
	}
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true})
	c.RefuseQuantised()
	return s
}

// model is LlamaForCausalLM: a pre-norm transformer with a gated MLP.
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
		Family:       s.family,
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks: []*archpb.Block{sdk.Block("layer",
			sdk.RMSNorm(layer+"input_layernorm", s.hidden, s.eps).From("h").As("x"),
			sdk.Linear(attn+"q_proj", archpb.Role_ROLE_Q, s.hidden, qWidth).Bias(s.qBias).From("x"),
			sdk.Rope(s.rope).As("q"),
			sdk.Linear(attn+"k_proj", archpb.Role_ROLE_K, s.hidden, kvWidth).Bias(s.kBias).From("x"),
			sdk.Rope(s.rope).As("k"),
			sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.vBias).From("x").As("v"),
			sdk.Attention(s.heads).From("q", "k", "v"),
			sdk.Linear(attn+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.oBias).As("attended"),
			sdk.Add("h", "attended").As("r"),
			sdk.RMSNorm(layer+"post_attention_layernorm", s.hidden, s.eps).As("y"),
			sdk.Linear(mlp+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).Bias(s.gateBias).From("y"),
			sdk.Activate(s.activation).As("gate"),
			sdk.Linear(mlp+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(s.upBias).From("y").As("up"),
			sdk.Multiply("gate", "up"),
			sdk.Linear(mlp+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(s.downBias).As("changed"),
			sdk.Add("r", "changed").As("h"),
		)},
		Layers: sdk.Repeat(s.layers),
		Epilogue: sdk.Program(
			sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"),
			head,
		),
	}
}

package main

import (
	"math"

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
	if sdk.HasTensor(req, "word_embeddings.weight") {
		sdk.TrimTensors(m, inner) // saved from BloomModel, as the published ones are
	}
	return m, nil
}

// shape is what config.json comes down to.
type shape struct {
	vocab  int
	hidden int
	layers int
	heads  sdk.Heads
	eps    float64
	tied   bool
	normed bool // what is added to is the norms' output
}

// huggingFace reads config.json with the defaults of transformers' BloomConfig.
func huggingFace(c *sdk.Config) shape {
	c.Alias("num_hidden_layers", "n_layer") // BloomConfig's attribute_map
	c.Alias("num_attention_heads", "n_head")
	s := shape{
		vocab:  c.Size("vocab_size", 250880),
		hidden: c.Size("hidden_size", 64),
		layers: c.Layers("num_hidden_layers", 2),
		eps:    c.NonNegative("layer_norm_epsilon", 1e-5),
		tied:   c.Bool("tie_word_embeddings", true),
		normed: c.Bool("apply_residual_connection_post_layernorm", false),
	}
	if c.Has("n_embed") {
		s.hidden = c.Size("n_embed", 0) // the name of old, which wins
	}
	s.heads.Count = c.Size("num_attention_heads", 8)
	s.heads.KV = s.heads.Count
	s.heads.Dim = s.hidden / max(s.heads.Count, 1)
	if s.heads.Dim*s.heads.Count != s.hidden {
		c.Fail("num_attention_heads", "is %d, expected a number that divides hidden_size, %d", s.heads.Count, s.hidden)
	}
	if c.Err() == nil {
		s.heads.AlibiSlopes = slopes(s.heads.Count)
	}
	c.RefuseQuantised()
	return s
}

// slopes is ALiBi's, one a head: the powers of one number where the heads are 2^n,
// else those of the next smaller 2^n, and then every second of the next larger. It
// rounds to float32 where transformers does.
func slopes(heads int) []float64 {
	power := 1 << int(math.Log2(float64(heads)))
	base := func(heads int) float64 { return float64(float32(math.Exp2(-8 / float64(heads)))) }
	all := make([]float64, heads)
	for i := range all {
		if i < power {
			all[i] = math.Pow(base(power), float64(i+1))
		} else {
			all[i] = math.Pow(base(2*power), float64(2*(i-power)+1))
		}
		all[i] = float64(float32(all[i]))
	}
	return all
}

const inner = "transformer."

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo(inner + "word_embeddings")
	}
	return &archpb.Model{
		Family: "bloom",
		Prologue: sdk.Program(
			sdk.Embed(inner+"word_embeddings", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens"),
			s.norm("word_embeddings_layernorm").As("h"),
		),
		Blocks:   []*archpb.Block{s.block()},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(s.norm("ln_f").From("h"), head),
	}
}

func (s shape) block() *archpb.Block {
	const (
		layer = "h.{layer}."
		attn  = inner + layer + "self_attention."
		mlp   = inner + layer + "mlp."
	)
	dim := s.heads.Dim
	qkv := []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	first, second := "h", "r" // what attention and MLP are added to
	if s.normed {
		first, second = "x", "y"
	}
	return sdk.Block("layer",
		s.norm(layer+"input_layernorm").From("h").As("x"),
		sdk.Linear(attn+"query_key_value", archpb.Role_ROLE_QKV, s.hidden, 3*s.hidden).Bias(true).Fused(s.heads.Count, qkv, dim, dim, dim).From("x"),
		sdk.Split(s.heads.Count, dim, dim, dim).As("q", "k", "v"),
		sdk.Attention(s.heads).From("q", "k", "v"),
		sdk.Linear(attn+"dense", archpb.Role_ROLE_O, s.hidden, s.hidden).Bias(true).As("attended"),
		sdk.Add(first, "attended").As("r"),
		s.norm(layer+"post_attention_layernorm").From("r").As("y"),
		sdk.Linear(mlp+"dense_h_to_4h", archpb.Role_ROLE_UP, s.hidden, 4*s.hidden).Bias(true).From("y"),
		sdk.Activate(archpb.Activation_FUNCTION_GELU_TANH),
		sdk.Linear(mlp+"dense_4h_to_h", archpb.Role_ROLE_DOWN, 4*s.hidden, s.hidden).Bias(true).As("changed"),
		sdk.Add(second, "changed").As("h"),
	)
}

func (s shape) norm(path string) sdk.Step { return sdk.LayerNorm(inner+path, s.hidden, s.eps) }

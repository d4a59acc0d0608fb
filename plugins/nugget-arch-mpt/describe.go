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
	if sdk.HasTensor(req, "wte.weight") {
		sdk.TrimTensors(m, inner) // saved from MptModel, without the head
	}
	return m, nil
}

// shape is what config.json comes down to.
type shape struct {
	vocab        int
	hidden       int
	layers       int
	maxPositions int
	heads        sdk.Heads
	eps          float64
	tied         bool
}

// huggingFace reads config.json with the defaults of transformers' MptConfig.
func huggingFace(c *sdk.Config) shape {
	c.Alias("hidden_size", "d_model") // MptConfig's attribute_map
	c.Alias("num_attention_heads", "n_heads")
	c.Alias("num_hidden_layers", "n_layers")
	s := shape{
		vocab:        c.Size("vocab_size", 50368),
		hidden:       c.Size("hidden_size", 2048),
		layers:       c.Layers("num_hidden_layers", 24),
		maxPositions: c.Size("max_seq_len", 2048),
		eps:          c.NonNegative("layer_norm_epsilon", 1e-5),
		tied:         c.Bool("tie_word_embeddings", true),
	}
	s.heads.Count = c.Size("num_attention_heads", 16)
	s.heads.KV = s.heads.Count
	s.heads.Dim = s.hidden / max(s.heads.Count, 1)
	if s.heads.Dim*s.heads.Count != s.hidden {
		c.Fail("num_attention_heads", "is %d, expected a number that divides hidden_size, %d", s.heads.Count, s.hidden)
	}
	if a := c.Object("attn_config"); a != nil {
		if clip := a.Float("clip_qkv", 0); clip != 0 {
			a.Fail("clip_qkv", "is %v, expected null: clipped queries, keys and values are not described", clip)
		}
		if a.Has("softmax_scale") {
			if s.heads.Scale = a.Float("softmax_scale", 0); !(s.heads.Scale > 0) {
				a.Fail("softmax_scale", "is %v, expected a positive number", s.heads.Scale)
			}
		}
	}
	if c.Err() == nil {
		s.heads.AlibiSlopes = slopes(s.heads.Count)
	}
	c.RefuseQuantised()
	return s
}

// slopes is ALiBi's, one a head: 2^(-8 i/n) for i = 1 .. n, n the next larger power of
// two, and where the heads are fewer, first every second one. Whatever the
// configuration says of ALiBi, the class does this.
func slopes(heads int) []float64 {
	n := 1
	for n < heads {
		n *= 2
	}
	slope := func(i int) float64 { return float64(float32(math.Exp2(-8 * float64(i) / float64(n)))) }
	var all []float64
	if n != heads {
		for i := 2; i <= n; i += 2 {
			all = append(all, slope(i))
		}
		for i := 1; i <= n; i += 2 {
			all = append(all, slope(i))
		}
		return all[:heads]
	}
	for i := range n {
		all = append(all, slope(i+1))
	}
	return all
}

const inner = "transformer."

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo(inner + "wte")
	}
	return &archpb.Model{
		Family:       "mpt",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed(inner+"wte", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks:   []*archpb.Block{s.block()},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(s.norm("norm_f").From("h"), head),
	}
}

func (s shape) block() *archpb.Block {
	const layer = "blocks.{layer}."
	d := s.hidden
	qkv := []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	return sdk.Block("layer",
		s.norm(layer+"norm_1").From("h"),
		sdk.Linear(inner+layer+"attn.Wqkv", archpb.Role_ROLE_QKV, d, 3*d).Fused(1, qkv, d, d, d),
		sdk.Split(1, d, d, d).As("q", "k", "v"),
		sdk.Attention(s.heads).From("q", "k", "v"),
		sdk.Linear(inner+layer+"attn.out_proj", archpb.Role_ROLE_O, d, d).As("attended"),
		sdk.Add("h", "attended").As("r"),
		s.norm(layer+"norm_2"),
		sdk.Linear(inner+layer+"ffn.up_proj", archpb.Role_ROLE_UP, d, 4*d),
		sdk.Activate(archpb.Activation_FUNCTION_GELU),
		sdk.Linear(inner+layer+"ffn.down_proj", archpb.Role_ROLE_DOWN, 4*d, d).As("changed"),
		sdk.Add("r", "changed").As("h"),
	)
}

func (s shape) norm(path string) sdk.Step {
	return sdk.LayerNorm(inner+path, s.hidden, s.eps).Bias(false)
}

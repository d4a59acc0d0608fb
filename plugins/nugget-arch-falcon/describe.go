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
	if sdk.HasTensor(req, "word_embeddings.weight") {
		sdk.TrimTensors(m, inner) // saved from FalconModel, without the head
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
	bias         bool
	norms        norms
}

// norms says which norm attention and MLP read.
type norms int

const (
	shared   norms = iota // one for both, side by side (Falcon-7B)
	separate              // one each, side by side (Falcon-40B)
	sequence              // one each, the MLP's behind attention
)

// huggingFace reads config.json with the defaults of transformers' FalconConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:        c.Size("vocab_size", 65024),
		hidden:       c.Size("hidden_size", 4544),
		layers:       c.Layers("num_hidden_layers", 32),
		maxPositions: c.Size("max_position_embeddings", 2048),
		eps:          c.NonNegative("layer_norm_epsilon", 1e-5),
		activation:   c.Activation("activation", "gelu"),
		tied:         c.Bool("tie_word_embeddings", true),
		bias:         c.Bool("bias", false),
	}
	if c.Has("n_embed") {
		s.hidden = c.Size("n_embed", 0) // the name of old, which wins
	}
	s.ffn = c.Size("ffn_hidden_size", 4*s.hidden)
	s.heads.Count = c.Size("num_attention_heads", 71)
	s.heads.Dim = s.hidden / max(s.heads.Count, 1)
	if s.heads.Dim*s.heads.Count != s.hidden {
		c.Fail("num_attention_heads", "is %d, expected a number that divides hidden_size, %d", s.heads.Count, s.hidden)
	}
	if c.Bool("alibi", false) {
		c.Fail("alibi", "is true, expected false: ALiBi of this family is not described")
	}
	s.readArchitecture(c)
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true})
	c.RefuseQuantised()
	return s
}

// readArchitecture reads how the heads share keys, and where the norms are.
func (s *shape) readArchitecture(c *sdk.Config) {
	newer, parallel := c.Bool("new_decoder_architecture", false), c.Bool("parallel_attn", true)
	s.heads.KV = c.Size("num_kv_heads", s.heads.Count)
	if !newer && c.Bool("multi_query", true) {
		s.heads.KV = 1
	}
	if s.heads.Count%max(s.heads.KV, 1) != 0 || !newer && s.heads.KV != 1 && s.heads.KV != s.heads.Count {
		c.Fail("num_kv_heads", "is %d, which cannot be shared by %d heads", s.heads.KV, s.heads.Count)
	}
	count := 1
	if newer {
		count = 2
	}
	const key = "num_ln_in_parallel_attn"
	count = c.Size(key, count)
	switch {
	case newer && !parallel:
		c.Fail("parallel_attn", "is false, expected true beside new_decoder_architecture")
	case parallel && newer && count == 2:
		s.norms = separate
	case parallel && count != 1:
		c.Fail(key, "is %d, expected 1, or with new_decoder_architecture 2", count)
	case !parallel:
		s.norms = sequence
	}
}

const inner = "transformer."

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo(inner + "word_embeddings")
	}
	return &archpb.Model{
		Family:       "falcon",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed(inner+"word_embeddings", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks:   []*archpb.Block{s.block()},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(s.norm("ln_f").From("h"), head),
	}
}

// block has q, k and v in one map: the heads that share keys, then these and the
// values, group after group.
func (s shape) block() *archpb.Block {
	const (
		layer = "h.{layer}."
		attn  = inner + layer + "self_attention."
		mlp   = inner + layer + "mlp."
	)
	groups, dim := s.heads.KV, s.heads.Dim
	qDim := s.heads.Count / groups * dim
	qkv := []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	first, x, y := "input_layernorm", "x", "x" // attention's norm, and what attention and MLP read
	if s.norms == separate {
		first = "ln_attn"
	}
	steps := []sdk.Step{
		s.norm(layer + first).From("h").As(x),
		sdk.Linear(attn+"query_key_value", archpb.Role_ROLE_QKV, s.hidden, groups*(qDim+2*dim)).Bias(s.bias).Fused(groups, qkv, qDim, dim, dim),
		sdk.Split(groups, qDim, dim, dim).As("q0", "k0", "v"),
		sdk.Rope(s.rope).From("q0").As("q"),
		sdk.Rope(s.rope).From("k0").As("k"),
		sdk.Attention(s.heads).From("q", "k", "v"),
		sdk.Linear(attn+"dense", archpb.Role_ROLE_O, s.hidden, s.hidden).Bias(s.bias).As("attended"),
	}
	sum := []string{"h", "attended", "changed"}
	switch s.norms {
	case separate:
		y = "y"
		steps = append(steps, s.norm(layer+"ln_mlp").From("h").As(y))
	case sequence:
		y, sum = "y", []string{"r", "changed"}
		steps = append(steps, sdk.Add("h", "attended").As("r"), s.norm(layer+"post_attention_layernorm").As(y))
	}
	return sdk.Block("layer", append(steps,
		sdk.Linear(mlp+"dense_h_to_4h", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(s.bias).From(y),
		sdk.Activate(s.activation),
		sdk.Linear(mlp+"dense_4h_to_h", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(s.bias).As("changed"),
		sdk.Add(sum...).As("h"),
	)...)
}

func (s shape) norm(path string) sdk.Step { return sdk.LayerNorm(inner+path, s.hidden, s.eps) }

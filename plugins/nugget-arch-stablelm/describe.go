package main

import (
	"strconv"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

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
	qkvBias      bool
	headNorms    bool // a norm for each head of q and of k
	oneTensor    bool // in which those of q lie, and those of k
	parallel     bool // the MLP reads what attention reads, not what it changed
	tied         bool
}

const (
	layerPath = "model.layers.{layer}."
	attnPath  = layerPath + "self_attn."
	mlpPath   = layerPath + "mlp."
)

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	return &archpb.Model{
		Family:       "stablelm",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks:   []*archpb.Block{s.block()},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(sdk.LayerNorm("model.norm", s.hidden, s.eps).From("h"), head),
	}
}

func (s shape) block() *archpb.Block {
	steps := []sdk.Step{sdk.LayerNorm(layerPath+"input_layernorm", s.hidden, s.eps).From("h").As("x")}
	steps = append(steps, s.query("q", archpb.Role_ROLE_Q, s.heads.Count)...)
	steps = append(steps, s.query("k", archpb.Role_ROLE_K, s.heads.KV)...)
	steps = append(steps,
		sdk.Linear(attnPath+"v_proj", archpb.Role_ROLE_V, s.hidden, s.heads.KV*s.heads.Dim).Bias(s.qkvBias).From("x").As("v"),
		sdk.Attention(s.heads).From("q", "k", "v"),
		sdk.Linear(attnPath+"o_proj", archpb.Role_ROLE_O, s.hidden, s.hidden).As("attended"),
	)
	read, sum := "x", []string{"h", "attended", "changed"} // by the MLP; of the block
	if !s.parallel {
		read, sum = "y", []string{"r", "changed"}
		steps = append(steps,
			sdk.Add("h", "attended").As("r"),
			sdk.LayerNorm(layerPath+"post_attention_layernorm", s.hidden, s.eps).As("y"),
		)
	}
	return sdk.Block("layer", append(steps,
		sdk.Linear(mlpPath+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).From(read),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(mlpPath+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).From(read).As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(mlpPath+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).As("changed"),
		sdk.Add(sum...).As("h"),
	)...)
}

// query is q or k: projected, each head normed by a norm of its own, rotated.
func (s shape) query(name string, role archpb.Role, heads int) []sdk.Step {
	steps := []sdk.Step{sdk.Linear(attnPath+name+"_proj", role, s.hidden, heads*s.heads.Dim).Bias(s.qkvBias).From("x")}
	if s.headNorms {
		steps = append(steps, s.normHeads(name, heads)...)
	}
	return append(steps, sdk.Rope(s.rope).As(name))
}

// normHeads cuts q or k apart, for every head has a module of its own, and puts it
// together again.
func (s shape) normHeads(name string, heads int) []sdk.Step {
	path := attnPath + name + "_layernorm"
	if s.oneTensor {
		return []sdk.Step{sdk.LayerNorm(path, s.heads.Dim, s.eps).Bias(false).Groups(heads)}
	}
	norm := func(head int) sdk.Step {
		return sdk.LayerNorm(path+".norms."+strconv.Itoa(head), s.heads.Dim, s.eps).Bias(false)
	}
	if heads == 1 {
		return []sdk.Step{norm(0)}
	}
	var sizes []int
	var apart, normed []string
	var steps []sdk.Step
	for head := range heads {
		sizes = append(sizes, s.heads.Dim)
		apart = append(apart, name+" of head "+strconv.Itoa(head))
		normed = append(normed, apart[head]+", normed")
		steps = append(steps, norm(head).From(apart[head]).As(normed[head]))
	}
	return append(append([]sdk.Step{sdk.Split(1, sizes...).As(apart...)}, steps...), sdk.Join(normed...))
}

package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// shape is what the configurations of the two formats come down to.
type shape struct {
	vocab       int
	hidden, ffn int
	positions   int
	heads       int
	scales      []float64 // of attention's scores, one a layer
	eps         float64
	activation  archpb.Activation_Function
	tied        bool
	encoder     bool // the model could attend to one
}

// model is GPT2LMHeadModel: a pre-norm transformer with an MLP of two maps.
func (s shape) model() *archpb.Model {
	const inner = "transformer."
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo(inner + "wte")
	}
	blocks, layers := sdk.Blocks(s.scales, s.block)
	return &archpb.Model{
		Family:       "gpt2",
		MaxPositions: uint32(s.positions),
		Prologue: sdk.Program(
			sdk.Embed(inner+"wte", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("token"),
			sdk.Embed(inner+"wpe", archpb.Role_ROLE_POSITION, s.positions, s.hidden).From("positions").As("position"),
			sdk.Add("token", "position").As("h"),
		),
		Blocks:   blocks,
		Layers:   layers,
		Epilogue: sdk.Program(sdk.LayerNorm(inner+"ln_f", s.hidden, s.eps).From("h"), head),
	}
}

func (s shape) block(scale float64) *archpb.Block {
	const layer = "transformer.h.{layer}."
	qkv := []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	heads := sdk.Heads{Count: s.heads, KV: s.heads, Dim: s.hidden / s.heads, Scale: scale}
	linear := func(path string, role archpb.Role, in, out int) sdk.Step {
		return sdk.Linear(layer+path, role, in, out).Bias(true).Conv1D()
	}
	return sdk.Block("layer",
		sdk.LayerNorm(layer+"ln_1", s.hidden, s.eps).From("h"),
		linear("attn.c_attn", archpb.Role_ROLE_QKV, s.hidden, 3*s.hidden).Fused(1, qkv, s.hidden, s.hidden, s.hidden),
		sdk.Split(1, s.hidden, s.hidden, s.hidden).As("q", "k", "v"),
		sdk.Attention(heads).From("q", "k", "v"),
		linear("attn.c_proj", archpb.Role_ROLE_O, s.hidden, s.hidden).As("attended"),
		sdk.Add("h", "attended").As("r"),
		sdk.LayerNorm(layer+"ln_2", s.hidden, s.eps),
		linear("mlp.c_fc", archpb.Role_ROLE_UP, s.hidden, s.ffn),
		sdk.Activate(s.activation),
		linear("mlp.c_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).As("changed"),
		sdk.Add("r", "changed").As("h"),
	)
}

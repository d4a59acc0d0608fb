package main

import (
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// shape is what a configuration comes down to.
type shape struct {
	vocab          int
	hidden, ffn    int
	layers         int
	maxPositions   int
	heads, headDim int
	rope           *archpb.Rope
	eps            float64
	activation     archpb.Activation_Function
	attnBias       bool
	parallel       bool // the MLP reads what attention reads, not what it changed
	tied           bool
}

// inner is where GPTNeoXForCausalLM has its inner model.
const inner = "gpt_neox."

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo(inner + "embed_in")
	}
	return &archpb.Model{
		Family:       "gpt_neox",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed(inner+"embed_in", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks:   []*archpb.Block{s.block()},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(sdk.LayerNorm(inner+"final_layer_norm", s.hidden, s.eps).From("h"), head),
	}
}

func (s shape) block() *archpb.Block {
	const (
		layer = inner + "layers.{layer}."
		attn  = layer + "attention."
		mlp   = layer + "mlp."
	)
	qkv := []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	steps := []sdk.Step{
		sdk.LayerNorm(layer+"input_layernorm", s.hidden, s.eps).From("h"),
		sdk.Linear(attn+"query_key_value", archpb.Role_ROLE_QKV, s.hidden, 3*s.hidden).Bias(s.attnBias).Fused(s.heads, qkv, s.headDim, s.headDim, s.headDim),
		sdk.Split(s.heads, s.headDim, s.headDim, s.headDim).As("straight q", "straight k", "v"),
		sdk.Rope(s.rope).From("straight q").As("q"),
		sdk.Rope(s.rope).From("straight k").As("k"),
		sdk.Attention(sdk.Heads{Count: s.heads, KV: s.heads, Dim: s.headDim}).From("q", "k", "v"),
		sdk.Linear(attn+"dense", archpb.Role_ROLE_O, s.hidden, s.hidden).Bias(s.attnBias).As("attended"),
	}
	read := "h" // by the MLP
	if !s.parallel {
		read = "r"
		steps = append(steps, sdk.Add("h", "attended").As(read))
	}
	steps = append(steps,
		sdk.LayerNorm(layer+"post_attention_layernorm", s.hidden, s.eps).From(read),
		sdk.Linear(mlp+"dense_h_to_4h", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(true),
		sdk.Activate(s.activation),
		sdk.Linear(mlp+"dense_4h_to_h", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(true).As("changed"),
	)
	if s.parallel {
		return sdk.Block("layer", append(steps, sdk.Add("h", "attended", "changed").As("h"))...)
	}
	return sdk.Block("layer", append(steps, sdk.Add("r", "changed").As("h"))...)
}

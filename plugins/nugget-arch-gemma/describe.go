package main

import (
	"math"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// shape is what the configurations of the two formats come down to.
type shape struct {
	family       string
	vocab        int
	hidden, ffn  int
	maxPositions int
	heads        sdk.Heads
	eps          float64
	activation   archpb.Activation_Function
	tied         bool
	attnBias     bool
	headNorms    bool    // of q and k, a head at a time
	postNorms    bool    // attention's and the MLP's outputs are normed, too
	finalCap     float64 // of the logits; 0: none

	layers                []string // the type of each
	window                int      // of the sliding ones
	fullRope, slidingRope *archpb.Rope

	path string // of the inner model
}

// model is a transformer whose norms multiply by 1 + weight and whose embeddings are
// scaled by sqrt(hidden), rounded to float32 as transformers rounds it.
func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab)
	if s.tied {
		head.TiedTo(s.path + "embed_tokens")
	}
	epilogue := []sdk.Step{s.norm(s.path+"norm", s.hidden).From("h"), head}
	if s.finalCap > 0 {
		epilogue = append(epilogue, sdk.Softcap(s.finalCap))
	}
	epilogue[len(epilogue)-1].As("logits")
	blocks, layers := sdk.Blocks(s.layers, s.block)
	return &archpb.Model{
		Family:       s.family,
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed(s.path+"embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens"),
			sdk.Scale(float64(float32(math.Sqrt(float64(s.hidden))))).As("h"),
		),
		Blocks:   blocks,
		Layers:   layers,
		Epilogue: sdk.Program(epilogue...),
	}
}

func (s shape) block(layerType string) *archpb.Block {
	layer := s.path + "layers.{layer}."
	attn, mlp := layer+"self_attn.", layer+"mlp."
	heads, rope := s.heads, s.fullRope
	if layerType == sdk.SlidingAttention {
		heads.Window, rope = s.window, s.slidingRope
	}
	qWidth, kvWidth := heads.Count*heads.Dim, heads.KV*heads.Dim
	query := func(name string, role archpb.Role, width int) []sdk.Step {
		steps := []sdk.Step{sdk.Linear(attn+name+"_proj", role, s.hidden, width).Bias(s.attnBias).From("x")}
		if s.headNorms {
			steps = append(steps, s.norm(attn+name+"_norm", heads.Dim))
		}
		return append(steps, sdk.Rope(rope).As(name))
	}

	steps := []sdk.Step{s.norm(layer+"input_layernorm", s.hidden).From("h").As("x")}
	steps = append(steps, query("q", archpb.Role_ROLE_Q, qWidth)...)
	steps = append(steps, query("k", archpb.Role_ROLE_K, kvWidth)...)
	steps = append(steps,
		sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.attnBias).From("x").As("v"),
		sdk.Attention(heads).From("q", "k", "v"),
		sdk.Linear(attn+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.attnBias),
	)
	before := layer + "post_attention_layernorm" // of the MLP
	if s.postNorms {
		steps = append(steps, s.norm(before, s.hidden))
		before = layer + "pre_feedforward_layernorm"
	}
	steps[len(steps)-1].As("attended")
	steps = append(steps,
		sdk.Add("h", "attended").As("r"),
		s.norm(before, s.hidden).As("y"),
		sdk.Linear(mlp+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).From("y"),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(mlp+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).From("y").As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(mlp+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden),
	)
	if s.postNorms {
		steps = append(steps, s.norm(layer+"post_feedforward_layernorm", s.hidden))
	}
	steps[len(steps)-1].As("changed")
	return sdk.Block(layerType, append(steps, sdk.Add("r", "changed").As("h"))...)
}

func (s shape) norm(path string, width int) sdk.Step {
	return sdk.RMSNorm(path, width, s.eps).Offset(1)
}

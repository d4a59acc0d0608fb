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
	if err := sdk.RefuseFusedExperts(req); err != nil {
		return nil, err
	}
	m := s.model()
	m.Ignore = []string{"*rotary_emb.inv_freq"}
	if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from the inner model, without the head
	}
	return m, nil
}

// shape is what the configurations of the two formats come down to.
type shape struct {
	family       string
	vocab        int
	hidden, ffn  int
	maxPositions int
	heads        sdk.Heads
	rope         *archpb.Rope
	eps          float64
	activation   archpb.Activation_Function
	tied         bool

	qkvBias, oBias bool
	headNorms      bool // of q and k, a head at a time

	layers  []layer
	experts experts
}

// layer is what tells one layer from another.
type layer struct {
	window int // 0: none
	sparse bool
}

type experts struct {
	count, top, ffn int
	renormalize     bool
}

// model is a pre-norm transformer with a gated MLP, or with experts that are such.
func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	blocks, layers := sdk.Blocks(s.layers, s.block)
	return &archpb.Model{
		Family:       s.family,
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks: blocks,
		Layers: layers,
		Epilogue: sdk.Program(
			sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"),
			head,
		),
	}
}

const (
	layerPath = "model.layers.{layer}."
	attnPath  = layerPath + "self_attn."
	mlpPath   = layerPath + "mlp."
)

func (s shape) block(l layer) *archpb.Block {
	name := "full"
	if l.window > 0 {
		name = "sliding"
	}
	if l.sparse {
		name += ", experts"
	}
	heads := s.heads
	heads.Window = l.window
	qWidth, kvWidth := heads.Count*heads.Dim, heads.KV*heads.Dim
	steps := []sdk.Step{sdk.RMSNorm(layerPath+"input_layernorm", s.hidden, s.eps).From("h").As("x")}
	steps = append(steps, s.query("q", archpb.Role_ROLE_Q, qWidth)...)
	steps = append(steps, s.query("k", archpb.Role_ROLE_K, kvWidth)...)
	steps = append(steps,
		sdk.Linear(attnPath+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.qkvBias).From("x").As("v"),
		sdk.Attention(heads).From("q", "k", "v"),
		sdk.Linear(attnPath+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.oBias).As("attended"),
		sdk.Add("h", "attended").As("r"),
		sdk.RMSNorm(layerPath+"post_attention_layernorm", s.hidden, s.eps).As("y"),
	)
	if l.sparse {
		router := sdk.Linear(mlpPath+"gate", archpb.Role_ROLE_ROUTER, s.hidden, s.experts.count)
		steps = append(steps, sdk.Experts(router, s.experts.count, s.experts.top, s.experts.renormalize,
			s.mlp("x", mlpPath+"experts.{expert}.", s.experts.ffn)...).From("y"))
	} else {
		steps = append(steps, s.mlp("y", mlpPath, s.ffn)...)
	}
	steps[len(steps)-1].As("changed")
	return sdk.Block(name, append(steps, sdk.Add("r", "changed").As("h"))...)
}

// query is q or k of "x", rotated.
func (s shape) query(name string, role archpb.Role, width int) []sdk.Step {
	steps := []sdk.Step{sdk.Linear(attnPath+name+"_proj", role, s.hidden, width).Bias(s.qkvBias).From("x")}
	if s.headNorms {
		steps = append(steps, sdk.RMSNorm(attnPath+name+"_norm", s.heads.Dim, s.eps))
	}
	return append(steps, sdk.Rope(s.rope).As(name))
}

// mlp is the gated MLP of a value, its modules under a path.
func (s shape) mlp(in, path string, ffn int) []sdk.Step {
	return []sdk.Step{
		sdk.Linear(path+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, ffn).From(in),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(path+"up_proj", archpb.Role_ROLE_UP, s.hidden, ffn).From(in).As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(path+"down_proj", archpb.Role_ROLE_DOWN, ffn, s.hidden),
	}
}

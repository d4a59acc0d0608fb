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

// shape is what the four configurations come down to.
type shape struct {
	family       string
	vocab        int
	hidden, ffn  int
	maxPositions int
	heads        sdk.Heads
	eps          float64
	activation   archpb.Activation_Function
	attnBias     bool
	tied         bool
	bareNorms    bool // layer norms without anything learned (OLMo), which norm no q and k
	postNorms    bool // what attention and the MLP give is normed, and not what they read

	layers                []string // the type of each
	window                int      // of the sliding ones
	fullRope, slidingRope *archpb.Rope

	experts, top int // of OLMoE, whose MLPs they are; else 0
	renormalize  bool
}

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
		Blocks:   blocks,
		Layers:   layers,
		Epilogue: sdk.Program(s.norm("model.norm", s.hidden).From("h"), head),
	}
}

const (
	layerPath = "model.layers.{layer}."
	attnPath  = layerPath + "self_attn."
	mlpPath   = layerPath + "mlp."
)

func (s shape) block(layerType string) *archpb.Block {
	heads, rope := s.heads, s.fullRope
	if layerType == sdk.SlidingAttention {
		heads.Window, rope = s.window, s.slidingRope
	}
	qWidth, kvWidth := heads.Count*heads.Dim, heads.KV*heads.Dim
	var steps []sdk.Step
	add := func(more ...sdk.Step) { steps = append(steps, more...) }

	x, y := "h", "r" // what attention and the MLP read
	if !s.postNorms {
		x, y = "x", "y"
		add(s.norm(layerPath+"input_layernorm", s.hidden).From("h").As(x))
	}
	add(s.query("q", archpb.Role_ROLE_Q, x, qWidth, rope)...)
	add(s.query("k", archpb.Role_ROLE_K, x, kvWidth, rope)...)
	add(
		sdk.Linear(attnPath+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.attnBias).From(x).As("v"),
		sdk.Attention(heads).From("q", "k", "v"),
		sdk.Linear(attnPath+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.attnBias),
	)
	if s.postNorms {
		add(s.norm(layerPath+"post_attention_layernorm", s.hidden))
	}
	steps[len(steps)-1].As("attended")
	add(sdk.Add("h", "attended").As("r"))
	if !s.postNorms {
		add(s.norm(layerPath+"post_attention_layernorm", s.hidden).As(y))
	}
	add(s.feedForward(y)...)
	if s.postNorms {
		add(s.norm(layerPath+"post_feedforward_layernorm", s.hidden))
	}
	steps[len(steps)-1].As("changed")
	add(sdk.Add("r", "changed").As("h"))
	return sdk.Block(layerType, steps...)
}

// query is q or k: projected, normed over all heads at once, rotated.
func (s shape) query(name string, role archpb.Role, in string, width int, rope *archpb.Rope) []sdk.Step {
	steps := []sdk.Step{sdk.Linear(attnPath+name+"_proj", role, s.hidden, width).Bias(s.attnBias).From(in)}
	if !s.bareNorms {
		steps = append(steps, s.norm(attnPath+name+"_norm", width))
	}
	return append(steps, sdk.Rope(rope).As(name))
}

// feedForward is a gated MLP, or OLMoE's experts, which are such.
func (s shape) feedForward(in string) []sdk.Step {
	if s.experts == 0 {
		return s.gated(mlpPath, in)
	}
	router := sdk.Linear(mlpPath+"gate", archpb.Role_ROLE_ROUTER, s.hidden, s.experts)
	return []sdk.Step{
		sdk.Experts(router, s.experts, s.top, s.renormalize, s.gated(mlpPath+"experts.{expert}.", "x")...).From(in),
	}
}

func (s shape) gated(path, in string) []sdk.Step {
	return []sdk.Step{
		sdk.Linear(path+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).From(in),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(path+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).From(in).As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(path+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden),
	}
}

func (s shape) norm(path string, width int) sdk.Step {
	if s.bareNorms {
		return sdk.BareLayerNorm(width, s.eps)
	}
	return sdk.RMSNorm(path, width, s.eps)
}

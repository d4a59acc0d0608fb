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

	experts, top int // of Mixtral, whose MLPs they are; else 0
}

// model is LlamaForCausalLM: a pre-norm transformer with a gated MLP, or as
// MixtralForCausalLM with experts that are such.
func (s shape) model() *archpb.Model {
	const (
		layer = "model.layers.{layer}."
		attn  = layer + "self_attn."
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
		Blocks: []*archpb.Block{sdk.Block("layer", append(append([]sdk.Step{
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
		}, s.feedForward(layer)...),
			sdk.Add("r", "changed").As("h"),
		)...)},
		Layers: sdk.Repeat(s.layers),
		Epilogue: sdk.Program(
			sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"),
			head,
		),
	}
}

// feedForward goes from "y" to "changed": a gated MLP, or Mixtral's experts, whose
// modules have the names that they have on disk.
func (s shape) feedForward(layer string) []sdk.Step {
	if s.experts == 0 {
		return s.gated("y", layer+"mlp.gate_proj", layer+"mlp.up_proj", layer+"mlp.down_proj")
	}
	moe := layer + "block_sparse_moe."
	router := sdk.Linear(moe+"gate", archpb.Role_ROLE_ROUTER, s.hidden, s.experts)
	expert := moe + "experts.{expert}."
	return []sdk.Step{sdk.Experts(router, s.experts, s.top, true,
		s.gated("x", expert+"w1", expert+"w3", expert+"w2")...).From("y").As("changed")}
}

func (s shape) gated(in, gate, up, down string) []sdk.Step {
	return []sdk.Step{
		sdk.Linear(gate, archpb.Role_ROLE_GATE, s.hidden, s.ffn).Bias(s.gateBias).From(in),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(up, archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(s.upBias).From(in).As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(down, archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(s.downBias).As("changed"),
	}
}

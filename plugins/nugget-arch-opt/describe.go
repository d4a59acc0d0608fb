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
	if sdk.HasTensor(req, "decoder.embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from OPTModel, without the head
	}
	return m, nil
}

// shape is what config.json comes down to.
type shape struct {
	vocab       int
	hidden, ffn int
	layers      int
	positions   int
	heads       sdk.Heads
	activation  archpb.Activation_Function
	tied        bool
	bias        bool // of the maps
	learned     bool // the norms' weights and biases
	before      bool // norms come before attention and MLP
	last        bool // a norm comes before the head
}

// huggingFace reads config.json with the defaults of transformers' OPTConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:      c.Size("vocab_size", 50272),
		hidden:     c.Size("hidden_size", 768),
		ffn:        c.Size("ffn_dim", 3072),
		layers:     c.Layers("num_hidden_layers", 12),
		positions:  c.Size("max_position_embeddings", 2048),
		activation: c.Activation("activation_function", "relu"),
		tied:       c.Bool("tie_word_embeddings", true),
		bias:       c.Bool("enable_bias", true),
		learned:    c.Bool("layer_norm_elementwise_affine", true),
		before:     c.Bool("do_layer_norm_before", true),
	}
	s.last = !c.Bool("_remove_final_layer_norm", false) && s.before
	s.heads.Count = c.Size("num_attention_heads", 12)
	s.heads.KV = s.heads.Count
	s.heads.Dim = s.hidden / max(s.heads.Count, 1)
	if s.heads.Dim*s.heads.Count != s.hidden {
		c.Fail("num_attention_heads", "is %d, expected a number that divides hidden_size, %d", s.heads.Count, s.hidden)
	}
	if width := c.Size("word_embed_proj_dim", s.hidden); width != s.hidden {
		c.Fail("word_embed_proj_dim", "is %d, expected %d, the hidden_size: projected embeddings are not described", width, s.hidden)
	}
	c.RefuseQuantised()
	return s
}

func (s shape) model() *archpb.Model {
	const inner = "model.decoder."
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo(inner + "embed_tokens")
	}
	epilogue := []sdk.Step{head.From("h")}
	if s.last {
		epilogue = []sdk.Step{s.norm(inner + "final_layer_norm").From("h"), head.From()}
	}
	const skipped = 2 // rows before position 0
	return &archpb.Model{
		Family:       "opt",
		MaxPositions: uint32(s.positions),
		Prologue: sdk.Program(
			sdk.Embed(inner+"embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("token"),
			sdk.Embed(inner+"embed_positions", archpb.Role_ROLE_POSITION, s.positions+skipped, s.hidden).Skip(skipped).From("positions").As("position"),
			sdk.Add("token", "position").As("h"),
		),
		Blocks:   []*archpb.Block{s.block(inner + "layers.{layer}.")},
		Layers:   sdk.Repeat(s.layers),
		Epilogue: sdk.Program(epilogue...),
	}
}

func (s shape) block(layer string) *archpb.Block {
	attn := layer + "self_attn."
	project := func(name string, role archpb.Role) sdk.Step {
		return sdk.Linear(attn+name+"_proj", role, s.hidden, s.hidden).Bias(s.bias)
	}
	attend := func(x string) []sdk.Step {
		return []sdk.Step{
			project("q", archpb.Role_ROLE_Q).From(x).As("q"),
			project("k", archpb.Role_ROLE_K).From(x).As("k"),
			project("v", archpb.Role_ROLE_V).From(x).As("v"),
			sdk.Attention(s.heads).From("q", "k", "v"),
			project("out", archpb.Role_ROLE_O).As("attended"),
			sdk.Add("h", "attended"),
		}
	}
	change := []sdk.Step{
		sdk.Linear(layer+"fc1", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(s.bias),
		sdk.Activate(s.activation),
		sdk.Linear(layer+"fc2", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(s.bias).As("changed"),
		sdk.Add("r", "changed"),
	}
	first, second := s.norm(layer+"self_attn_layer_norm"), s.norm(layer+"final_layer_norm")
	var steps []sdk.Step
	if s.before {
		steps = append([]sdk.Step{first.From("h").As("x")}, attend("x")...)
		steps[len(steps)-1].As("r")
		steps = append(append(steps, second), change...)
	} else {
		steps = append(attend("h"), first.As("r"))
		steps = append(append(steps, change...), second)
	}
	steps[len(steps)-1].As("h")
	return sdk.Block("layer", steps...)
}

// norm is PyTorch's LayerNorm with its own eps.
func (s shape) norm(path string) sdk.Step {
	if !s.learned {
		return sdk.BareLayerNorm(s.hidden, 1e-5)
	}
	return sdk.LayerNorm(path, s.hidden, 1e-5)
}

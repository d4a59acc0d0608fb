package main

import (
	"math"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture gpt2, for which llama.cpp
// turns the maps to [out, in]. It has no key for the activation, which is GELU by tanh,
// nor for other scales of attention's scores.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	const name = "gpt2"
	all := sdk.NewConfig(req)
	c := all.Under(name)
	g := all.GGUFShape(name)
	s := shape{
		vocab:      g.Vocab,
		hidden:     g.Hidden,
		ffn:        c.UniformSize("feed_forward_length", 4*g.Hidden),
		positions:  g.MaxPositions,
		heads:      g.Heads.Count,
		eps:        c.NonNegative("attention.layer_norm_epsilon", 1e-5),
		activation: archpb.Activation_FUNCTION_GELU_TANH,
		tied:       !sdk.HasTensor(req, "output.weight"),
	}
	if g.Heads.KV != g.Heads.Count {
		c.Fail("attention.head_count_kv", "is %d, expected %d, the number of heads", g.Heads.KV, g.Heads.Count)
	}
	if g.Heads.Count*g.Heads.Dim != g.Hidden {
		c.Fail("attention.head_count", "is %d, expected a number that divides embedding_length, %d", g.Heads.Count, g.Hidden)
	}
	s.scales = slices.Repeat([]float64{1 / math.Sqrt(float64(max(g.Heads.Dim, 1)))}, g.Layers)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	sdk.Modules(m, func(m *archpb.Module) { m.Layout = nil })
	sdk.NameTensors(m, ggufNames())
	return m, nil
}

func ggufNames() map[string]string {
	const hf, gguf = "transformer.h.{layer}.", "blk.{layer}."
	return map[string]string{
		"transformer.wte":  "token_embd",
		"transformer.wpe":  "position_embd",
		"transformer.ln_f": "output_norm",
		"lm_head":          "output",
		hf + "ln_1":        gguf + "attn_norm",
		hf + "attn.c_attn": gguf + "attn_qkv",
		hf + "attn.c_proj": gguf + "attn_output",
		hf + "ln_2":        gguf + "ffn_norm",
		hf + "mlp.c_fc":    gguf + "ffn_up",
		hf + "mlp.c_proj":  gguf + "ffn_down",
	}
}

package main

import (
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture olmo2, which is OLMo 2 and,
// with a window, OLMo 3: as in llama.cpp (src/models/olmo2.cpp) RoPE is scaled in the
// full layers alone, of which every fourth is one where the file does not say which. It
// has no keys for biases and the activation, which is silu.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	const name = "olmo2"
	all := sdk.NewConfig(req)
	c := all.Under(name)
	g := all.GGUFShape(name)
	s := shape{
		family:       name,
		vocab:        g.Vocab,
		hidden:       g.Hidden,
		ffn:          c.UniformSize("feed_forward_length", 0),
		maxPositions: g.MaxPositions,
		heads:        g.Heads,
		eps:          c.NonNegative("attention.layer_norm_rms_epsilon", 1e-6),
		activation:   archpb.Activation_FUNCTION_SILU,
		tied:         !sdk.HasTensor(req, "output.weight"),
		postNorms:    true,
		layers:       slices.Repeat([]string{sdk.FullAttention}, g.Layers),
	}
	c.WholeRope(s.heads.Dim)
	s.fullRope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	if s.window = c.Int("attention.sliding_window", 0); s.window > 0 {
		s.family = "olmo3"
		s.layers = c.GGUFLayerTypes(g.Layers, 4)
		s.slidingRope = c.GGUFSlidingRope(s.heads.Dim, c.Float("rope.freq_base", 1e4))
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	const hf, gguf = "model.layers.{layer}.", "blk.{layer}."
	names := sdk.LlamaGGUFNames()
	names[hf+"post_attention_layernorm"] = gguf + "post_attention_norm"
	names[hf+"post_feedforward_layernorm"] = gguf + "post_ffw_norm"
	sdk.NameTensors(m, names)
	return m, nil
}

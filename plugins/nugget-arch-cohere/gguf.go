package main

import (
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture command-r and cohere2. As in
// llama.cpp (src/models/command-r.cpp, cohere2.cpp) biases and norms of heads are taken
// from the tensors, the unembedding is the embedding, and in cohere2 every fourth layer
// is full where the file does not say which. There is no key for the activation, which
// is silu.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	all := sdk.NewConfig(req)
	name := all.String("general.architecture", "command-r")
	c := all.Under(name)
	g := all.GGUFShape(name)
	s := shape{
		family:       "cohere",
		vocab:        g.Vocab,
		hidden:       g.Hidden,
		ffn:          c.UniformSize("feed_forward_length", 0),
		maxPositions: g.MaxPositions,
		heads:        g.Heads,
		eps:          c.NonNegative("attention.layer_norm_epsilon", 1e-5),
		activation:   archpb.Activation_FUNCTION_SILU,
		logitScale:   c.Float("logit_scale", 0),
		tied:         !sdk.HasTensor(req, "output.weight"),
		attnBias:     sdk.HasTensor(req, "blk.0.attn_q.bias"),
		headNorms:    sdk.HasTensor(req, "blk.0.attn_q_norm.weight"),
		layers:       slices.Repeat([]layer{{rotate: true}}, g.Layers),
	}
	if s.logitScale == 0 {
		s.logitScale = 1
	}
	if name == "cohere2" {
		s.family = name
		window := c.Size("attention.sliding_window", 0)
		for i, t := range c.GGUFLayerTypes(g.Layers, 4) {
			if s.layers[i].rotate = t == sdk.SlidingAttention; s.layers[i].rotate {
				s.layers[i].window = window
			}
		}
	}
	c.WholeRope(s.heads.Dim)
	if s.rope = c.GGUFRope(req, s.heads.Dim, s.maxPositions); s.rope != nil {
		s.rope.Interleaved = true
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	sdk.NameTensors(m, sdk.LlamaGGUFNames())
	return m, nil
}

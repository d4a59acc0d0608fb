package main

import (
	"math"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// describeGGUF reads the metadata of general.architecture gemma, gemma2 and gemma3
// with llama.cpp's defaults (src/models/gemma*.cpp). The norms lie there with 1 added.
// There is no key for the activation, which is GELU by tanh.
func describeGGUF(req *archpb.DescribeRequest) (*archpb.Model, error) {
	all := sdk.NewConfig(req)
	name := all.String("general.architecture", "gemma")
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
		activation:   archpb.Activation_FUNCTION_GELU_TANH,
		tied:         !sdk.HasTensor(req, "output.weight"),
		attnBias:     sdk.HasTensor(req, "blk.0.attn_q.bias"),
		postNorms:    name != "gemma",
		headNorms:    name == "gemma3",
		path:         "model.",
	}
	if name == "gemma3" {
		s.family = "gemma3_text"
	}
	c.WholeRope(s.heads.Dim)
	s.readGGUFLayers(c, req, g.Layers)
	if err := c.Err(); err != nil {
		return nil, err
	}
	m := s.model()
	sdk.NameTensors(m, ggufNames(s))
	sdk.Modules(m, func(m *archpb.Module) {
		if m.Role == archpb.Role_ROLE_NORM {
			sdk.StoredOffset(m, 1)
		}
	})
	return m, nil
}

// readGGUFLayers is readLayers for metadata.
func (s *shape) readGGUFLayers(c *sdk.Config, req *archpb.DescribeRequest, layers int) {
	pattern := 1
	switch s.family {
	case "gemma2":
		pattern, s.window = 2, c.Size("attention.sliding_window", 4096)
		s.heads.Softcap, s.finalCap = limit(c, "attn_logit_softcapping", 50), limit(c, "final_logit_softcapping", 30)
	case "gemma3_text":
		if s.window = c.Int("attention.sliding_window", 0); s.window > 0 {
			pattern = c.Size("attention.sliding_window_pattern", 6)
		}
		s.finalCap = limit(c, "final_logit_softcapping", 0)
	}
	for i := range layers {
		s.layers = append(s.layers, everyNth(pattern)(i))
	}
	s.heads.Scale = ggufScale(s, layers)
	s.fullRope = c.GGUFRope(req, s.heads.Dim, s.maxPositions)
	s.slidingRope = s.fullRope
	if s.family == "gemma3_text" {
		s.slidingRope = c.GGUFSlidingRope(s.heads.Dim, 1e4)
	}
}

// ggufScale is the scale of attention's scores, for which the metadata has no key:
// llama.cpp knows the 27B models by their number of layers.
func ggufScale(s *shape, layers int) float64 {
	if s.family == "gemma2" && layers == 46 || s.family == "gemma3_text" && layers == 62 {
		return 1 / math.Sqrt(float64(s.hidden)/float64(max(s.heads.Count, 1)))
	}
	return 1 / math.Sqrt(float64(max(s.heads.Dim, 1)))
}

// ggufNames is llama.cpp's names; that of the norm before the MLP is ffn_norm.
func ggufNames(s shape) map[string]string {
	const hf, gguf = "model.layers.{layer}.", "blk.{layer}."
	names := sdk.LlamaGGUFNames()
	if s.postNorms {
		names[hf+"post_attention_layernorm"] = gguf + "post_attention_norm"
		names[hf+"pre_feedforward_layernorm"] = gguf + "ffn_norm"
		names[hf+"post_feedforward_layernorm"] = gguf + "post_ffw_norm"
	}
	return names
}

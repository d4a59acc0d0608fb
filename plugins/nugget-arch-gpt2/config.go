package main

import (
	"math"

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
	m := s.model()
	// Masks, which early transformers saved as buffers.
	m.Ignore = []string{"*h.*.attn.bias", "*h.*.attn.masked_bias"}
	if s.encoder {
		m.Ignore = append(m.Ignore, "*h.*.crossattention.*", "*h.*.ln_cross_attn.*")
	}
	if sdk.HasTensor(req, "wte.weight") {
		sdk.TrimTensors(m, "transformer.") // saved from GPT2Model
	}
	return m, nil
}

// huggingFace reads config.json with the defaults of transformers' GPT2Config.
func huggingFace(c *sdk.Config) shape {
	// GPT2Config's attribute_map, by which the usual names win.
	c.Alias("hidden_size", "n_embd")
	c.Alias("max_position_embeddings", "n_positions")
	c.Alias("num_attention_heads", "n_head")
	c.Alias("num_hidden_layers", "n_layer")
	s := shape{
		vocab:      c.Size("vocab_size", 50257),
		hidden:     c.Size("hidden_size", 768),
		positions:  c.Size("max_position_embeddings", 1024),
		eps:        c.NonNegative("layer_norm_epsilon", 1e-5),
		activation: c.Activation("activation_function", "gelu_new"),
		tied:       c.Bool("tie_word_embeddings", true),
		encoder:    c.Bool("add_cross_attention", false),
	}
	s.ffn = c.Size("n_inner", 4*s.hidden)
	s.heads = c.Size("num_attention_heads", 12)
	if s.hidden%max(s.heads, 1) != 0 {
		c.Fail("num_attention_heads", "is %d, expected a number that divides the hidden size, %d", s.heads, s.hidden)
	}
	scale := 1.0
	if c.Bool("scale_attn_weights", true) {
		scale = 1 / math.Sqrt(float64(max(s.hidden/max(s.heads, 1), 1)))
	}
	inverse := c.Bool("scale_attn_by_inverse_layer_idx", false)
	c.Bool("reorder_and_upcast_attn", false) // the same numbers in float32
	for layer := range c.Layers("num_hidden_layers", 12) {
		if inverse {
			s.scales = append(s.scales, scale/float64(layer+1))
		} else {
			s.scales = append(s.scales, scale)
		}
	}
	c.RefuseQuantised()
	return s
}

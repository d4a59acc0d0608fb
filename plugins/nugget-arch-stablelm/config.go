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
	m := s.model()
	m.Ignore = []string{"*rotary_emb.inv_freq"}
	if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from StableLmModel, without the head
	}
	return m, nil
}

// huggingFace reads config.json with the defaults of transformers' StableLmConfig.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:        c.Size("vocab_size", 50304),
		hidden:       c.Size("hidden_size", 2560),
		ffn:          c.Size("intermediate_size", 6912),
		layers:       c.Layers("num_hidden_layers", 32),
		maxPositions: c.Size("max_position_embeddings", 4096),
		eps:          c.NonNegative("layer_norm_eps", 1e-5),
		activation:   c.Activation("hidden_act", "silu"),
		qkvBias:      c.Bool("use_qkv_bias", false),
		headNorms:    c.Bool("qk_layernorm", false),
		parallel:     c.Bool("use_parallel_residual", false),
		tied:         c.Bool("tie_word_embeddings", false),
	}
	s.heads.Count = c.Size("num_attention_heads", 32)
	s.heads.KV = c.Size("num_key_value_heads", 32)
	if s.hidden%max(s.heads.Count, 1) != 0 {
		c.Fail("num_attention_heads", "is %d, expected a number that divides hidden_size, %d", s.heads.Count, s.hidden)
	}
	s.heads.Dim = s.hidden / max(s.heads.Count, 1)
	if dim := c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count); dim != s.heads.Dim {
		c.Fail("head_dim", "is %d, expected %d, the heads' share of hidden_size", dim, s.heads.Dim)
	}
	if n := s.heads.Count + s.heads.KV; s.headNorms && n > maxNorms {
		c.Fail("num_attention_heads", "and num_key_value_heads are %d together, expected at most %d with qk_layernorm", n, maxNorms)
	}
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, Partial: 0.25})
	c.RefuseQuantised()
	return s
}

// maxNorms is how many norms of single heads a block may have: a program has at most
// 1024 steps.
const maxNorms = 1000

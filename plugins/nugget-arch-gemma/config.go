package main

import (
	"math"
	"slices"
	"strings"

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
	if s.family == "gemma3" {
		nameImageModel(req, m)
	} else if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, s.path) // saved from the inner model, without the head
	}
	m.Ignore = append(m.Ignore, "*rotary_emb.inv_freq")
	return m, nil
}

// nameImageModel gives the language model's tensors the names that folders of
// Gemma3ForConditionalGeneration have for them, and ignores what sees the image.
func nameImageModel(req *archpb.DescribeRequest, m *archpb.Model) {
	m.Ignore = []string{"*vision_tower.*", "*multi_modal_projector.*"}
	if sdk.HasTensor(req, "model.language_model.embed_tokens.weight") {
		return // transformers' names in memory
	}
	sdk.Modules(m, func(m *archpb.Module) {
		m.Tensor = "language_model." + m.Path
		if rest, ok := strings.CutPrefix(m.Path, imageModel); ok {
			m.Tensor = "language_model.model." + rest
		}
	})
}

// imageModel is where Gemma3ForConditionalGeneration has its language model.
const imageModel = "model.language_model."

// huggingFace reads config.json with the defaults of transformers' GemmaConfig,
// Gemma2Config and Gemma3TextConfig, the last also within Gemma3Config.
func huggingFace(c *sdk.Config) shape {
	s := shape{family: c.String("model_type", "gemma"), path: "model."}
	c.RefuseQuantised()
	s.tied = c.Bool("tie_word_embeddings", true)
	if s.family == "gemma3" {
		s.path = imageModel
		text := c.Object("text_config")
		if text == nil {
			c.Fail("text_config", "is missing, expected an object")
			return s
		}
		c = text
	}
	vocab, hidden, ffn, layers, heads, kv := 256000, 2304, 9216, 26, 8, 4
	maxPositions, act := 8192, "hidden_activation"
	switch s.family {
	case "gemma":
		hidden, ffn, layers, heads, kv, act = 3072, 24576, 28, 16, 16, "hidden_act"
	case "gemma3", "gemma3_text":
		vocab, maxPositions = 262208, 131072
	}
	s.vocab = c.Size("vocab_size", vocab)
	s.hidden = c.Size("hidden_size", hidden)
	s.ffn = c.Size("intermediate_size", ffn)
	n := c.Layers("num_hidden_layers", layers)
	s.maxPositions = c.Size("max_position_embeddings", maxPositions)
	s.eps = c.NonNegative("rms_norm_eps", 1e-6)
	s.activation = c.Activation(act, "gelu_pytorch_tanh")
	if s.family == "gemma" && c.String(act, "") == "gelu" {
		s.activation = archpb.Activation_FUNCTION_GELU_TANH // what the first release's config.json means
	}
	s.attnBias = c.Bool("attention_bias", false)
	s.heads.Count = c.Size("num_attention_heads", heads)
	s.heads.KV = c.Size("num_key_value_heads", kv)
	s.heads.Dim = c.HeadDim("head_dim", "", 256, 1)
	if c.Bool("use_bidirectional_attention", false) {
		c.Fail("use_bidirectional_attention", "is true, expected a model in which no token sees later ones")
	}
	s.readLayers(c, n)
	return s
}

// readLayers reads what the three generations have differently: layers' types, RoPE,
// norms, caps.
func (s *shape) readLayers(c *sdk.Config, n int) {
	rope := sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true}
	if s.family == "gemma" {
		s.layers = slices.Repeat([]string{sdk.FullAttention}, n)
		s.fullRope = c.Rope(rope)
		return
	}
	s.postNorms = true
	if v := c.Float("query_pre_attn_scalar", 256); v > 0 {
		s.heads.Scale = 1 / math.Sqrt(v)
	} else {
		c.Fail("query_pre_attn_scalar", "is %v, expected a positive number", v)
	}
	if s.family == "gemma2" {
		s.heads.Softcap, s.finalCap = limit(c, "attn_logit_softcapping", 50), limit(c, "final_logit_softcapping", 30)
		s.layers = c.LayerTypes(n, everyNth(2))
		s.fullRope = c.Rope(rope)
		s.slidingRope = s.fullRope
	} else {
		s.headNorms = true
		// Gemma3Attention does not read attn_logit_softcapping.
		s.finalCap = limit(c, "final_logit_softcapping", 0)
		s.layers = c.LayerTypes(n, everyNth(c.Size("sliding_window_pattern", 6)))
		rope.LayerType, rope.Theta = sdk.FullAttention, 1e6
		s.fullRope = c.Rope(rope)
		rope.LayerType, rope.Theta, rope.ThetaKey = sdk.SlidingAttention, 1e4, "rope_local_base_freq"
		s.slidingRope = c.Rope(rope)
	}
	if slices.Contains(s.layers, sdk.SlidingAttention) {
		if c.Null("sliding_window") {
			c.Fail("sliding_window", "is null, expected a number, as layers slide")
		}
		s.window = c.Size("sliding_window", 4096)
	}
}

// everyNth is full attention in every n-th layer, and sliding in the others.
func everyNth(n int) func(layer int) string {
	return func(layer int) string {
		if (layer+1)%max(n, 1) == 0 {
			return sdk.FullAttention
		}
		return sdk.SlidingAttention
	}
}

// limit reads a soft cap; null is none.
func limit(c *sdk.Config, key string, missing float64) float64 {
	if c.Null(key) {
		return 0
	}
	v := c.Float(key, missing)
	if v < 0 || v == 0 && c.Has(key) {
		c.Fail(key, "is %v, expected a positive number, or null", v)
	}
	return v
}

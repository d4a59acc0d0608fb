package main

import (
	"slices"

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
		sdk.TrimTensors(m, "model.") // saved from the inner model, without the head
	}
	return m, nil
}

// shape is what the two configurations come down to.
type shape struct {
	family       string
	vocab        int
	hidden, ffn  int
	maxPositions int
	heads        sdk.Heads
	rope         *archpb.Rope
	eps          float64
	activation   archpb.Activation_Function
	logitScale   float64
	tied         bool
	attnBias     bool
	headNorms    bool // of q and k, with a weight for each head

	layers []layer
}

// layer is what tells one layer from another.
type layer struct {
	window int // 0: none
	rotate bool
}

// huggingFace reads config.json with the defaults of transformers' CohereConfig and
// Cohere2Config.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		family:       c.String("model_type", "cohere"),
		vocab:        c.Size("vocab_size", 256000),
		hidden:       c.Size("hidden_size", 8192),
		ffn:          c.Size("intermediate_size", 22528),
		maxPositions: c.Size("max_position_embeddings", 8192),
		eps:          c.NonNegative("layer_norm_eps", 1e-5),
		activation:   c.Activation("hidden_act", "silu"),
		logitScale:   c.Float("logit_scale", 0.0625),
		tied:         c.Bool("tie_word_embeddings", true),
		attnBias:     c.Bool("attention_bias", false),
	}
	if s.logitScale == 0 {
		c.Fail("logit_scale", "is 0, expected another number")
	}
	n := c.Layers("num_hidden_layers", 40)
	s.heads.Count = c.Size("num_attention_heads", 64)
	s.heads.KV = c.Size("num_key_value_heads", s.heads.Count)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	rope := sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true}
	if s.family == "cohere" {
		rope.Theta = 5e5
		s.headNorms = c.Bool("use_qk_norm", false)
		s.layers = slices.Repeat([]layer{{rotate: true}}, n)
	} else {
		s.layers = windows(c, n)
	}
	if s.rope = c.Rope(rope); s.rope != nil {
		s.rope.Interleaved = true
	}
	c.RefuseQuantised()
	return s
}

// windows says which layers slide: as layer_types says, else all but each fourth.
// Those rotate, the others do not.
func windows(c *sdk.Config, n int) []layer {
	pattern := c.Size("sliding_window_pattern", 4)
	layers := make([]layer, n)
	for i, t := range c.LayerTypes(n, func(i int) string {
		if (i+1)%max(pattern, 1) == 0 {
			return sdk.FullAttention
		}
		return sdk.SlidingAttention
	}) {
		if t == sdk.SlidingAttention {
			if c.Null("sliding_window") {
				c.Fail("sliding_window", "is null, expected a number, as layers slide")
			}
			layers[i] = layer{window: c.Size("sliding_window", 4096), rotate: true}
		}
	}
	return layers
}

// model is a transformer whose attention and MLP read the same norm.
func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab)
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
		Blocks: blocks,
		Layers: layers,
		Epilogue: sdk.Program(
			s.norm("model.norm", s.hidden).From("h"),
			head,
			sdk.Scale(s.logitScale).As("logits"),
		),
	}
}

const (
	layerPath = "model.layers.{layer}."
	attnPath  = layerPath + "self_attn."
	mlpPath   = layerPath + "mlp."
)

func (s shape) block(l layer) *archpb.Block {
	name := "full"
	if l.window > 0 {
		name = "sliding"
	}
	heads := s.heads
	heads.Window = l.window
	qWidth, kvWidth := heads.Count*heads.Dim, heads.KV*heads.Dim
	steps := []sdk.Step{s.norm(layerPath+"input_layernorm", s.hidden).From("h").As("x")}
	steps = append(steps, s.query("q", archpb.Role_ROLE_Q, heads.Count, l)...)
	steps = append(steps, s.query("k", archpb.Role_ROLE_K, heads.KV, l)...)
	return sdk.Block(name, append(steps,
		sdk.Linear(attnPath+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.attnBias).From("x").As("v"),
		sdk.Attention(heads).From("q", "k", "v"),
		sdk.Linear(attnPath+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.attnBias).As("attended"),
		sdk.Linear(mlpPath+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).From("x"),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(mlpPath+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).From("x").As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(mlpPath+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).As("changed"),
		sdk.Add("h", "attended", "changed").As("h"),
	)...)
}

// query is q or k: projected, normed a head at a time, rotated.
func (s shape) query(name string, role archpb.Role, heads int, l layer) []sdk.Step {
	steps := []sdk.Step{sdk.Linear(attnPath+name+"_proj", role, s.hidden, heads*s.heads.Dim).Bias(s.attnBias).From("x")}
	if s.headNorms {
		steps = append(steps, s.norm(attnPath+name+"_norm", s.heads.Dim).Groups(heads))
	}
	if l.rotate {
		steps = append(steps, sdk.Rope(s.rope))
	}
	steps[len(steps)-1].As(name)
	return steps
}

func (s shape) norm(path string, width int) sdk.Step {
	return sdk.LayerNorm(path, width, s.eps).Bias(false)
}

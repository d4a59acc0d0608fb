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
	m.Ignore = []string{"*rotary_emb.inv_freq"}
	if sdk.HasTensor(req, "embed_tokens.weight") {
		sdk.TrimTensors(m, "model.") // saved from the inner model, without the head
	}
	return m, nil
}

// shape is what config.json comes down to.
type shape struct {
	vocab             int
	hidden, ffn       int
	maxPositions      int
	heads             sdk.Heads
	rope              *archpb.Rope
	eps               float64
	activation        archpb.Activation_Function
	tied              bool
	attnBias, mlpBias bool

	layers []layer
}

// layer is what tells one layer from another.
type layer struct {
	window int // 0: none
	rotate bool
}

// huggingFace reads config.json with the defaults of transformers' SmolLM3Config.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:        c.Size("vocab_size", 128256),
		hidden:       c.Size("hidden_size", 2048),
		ffn:          c.Size("intermediate_size", 11008),
		maxPositions: c.Size("max_position_embeddings", 32768),
		eps:          c.NonNegative("rms_norm_eps", 1e-6),
		activation:   c.Activation("hidden_act", "silu"),
		tied:         c.Bool("tie_word_embeddings", true),
		attnBias:     c.Bool("attention_bias", false),
		mlpBias:      c.Bool("mlp_bias", false),
	}
	s.heads.Count = c.Size("num_attention_heads", 16)
	kv := 4
	if c.Null("num_key_value_heads") {
		kv = s.heads.Count
	}
	s.heads.KV = c.Size("num_key_value_heads", kv)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true, Theta: 2e6})
	s.layers = layers(c, c.Layers("num_hidden_layers", 36))
	c.RefuseQuantised()
	return s
}

// layers says which layers rotate, and which slide: as layer_types says, else, where
// a window is switched on, those that do not rotate. Transformers masks a layer that
// layer_types has slide whatever use_sliding_window says.
func layers(c *sdk.Config, n int) []layer {
	all := make([]layer, n)
	rotates := c.Ints("no_rope_layers")
	interval := c.Size("no_rope_layer_interval", 4)
	if rotates != nil && len(rotates) < n {
		c.Fail("no_rope_layers", "has %d entries, expected %d, one a layer", len(rotates), n)
		return nil
	}
	for i := range all {
		if rotates != nil {
			all[i].rotate = rotates[i] != 0
		} else {
			all[i].rotate = (i+1)%max(interval, 1) != 0
		}
	}
	slides := c.Bool("use_sliding_window", false) && c.Has("sliding_window")
	for i, t := range c.LayerTypes(n, func(i int) string {
		if slides && !all[i].rotate {
			return sdk.SlidingAttention
		}
		return sdk.FullAttention
	}) {
		if t == sdk.SlidingAttention {
			all[i].window = c.Size("sliding_window", 0)
		}
	}
	return all
}

// model is a pre-norm transformer with a gated MLP.
func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	blocks, layers := sdk.Blocks(s.layers, s.block)
	return &archpb.Model{
		Family:       "smollm3",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks: blocks,
		Layers: layers,
		Epilogue: sdk.Program(
			sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"),
			head,
		),
	}
}

func (s shape) block(l layer) *archpb.Block {
	const (
		path = "model.layers.{layer}."
		attn = path + "self_attn."
		mlp  = path + "mlp."
	)
	name := "without RoPE"
	if l.rotate {
		name = "rotating"
	}
	heads := s.heads
	heads.Window = l.window
	qWidth, kvWidth := heads.Count*heads.Dim, heads.KV*heads.Dim
	query := func(name string, role archpb.Role, width int) []sdk.Step {
		steps := []sdk.Step{sdk.Linear(attn+name+"_proj", role, s.hidden, width).Bias(s.attnBias).From("x")}
		if l.rotate {
			steps = append(steps, sdk.Rope(s.rope))
		}
		steps[len(steps)-1].As(name)
		return steps
	}

	steps := []sdk.Step{sdk.RMSNorm(path+"input_layernorm", s.hidden, s.eps).From("h").As("x")}
	steps = append(steps, query("q", archpb.Role_ROLE_Q, qWidth)...)
	steps = append(steps, query("k", archpb.Role_ROLE_K, kvWidth)...)
	return sdk.Block(name, append(steps,
		sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).Bias(s.attnBias).From("x").As("v"),
		sdk.Attention(heads).From("q", "k", "v"),
		sdk.Linear(attn+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden).Bias(s.attnBias).As("attended"),
		sdk.Add("h", "attended").As("r"),
		sdk.RMSNorm(path+"post_attention_layernorm", s.hidden, s.eps).As("y"),
		sdk.Linear(mlp+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).Bias(s.mlpBias).From("y"),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(mlp+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).Bias(s.mlpBias).From("y").As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(mlp+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden).Bias(s.mlpBias).As("changed"),
		sdk.Add("r", "changed").As("h"),
	)...)
}

package main

import (
	"slices"

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
	vocab        int
	hidden, ffn  int
	maxPositions int
	heads        sdk.Heads
	rope         *archpb.Rope
	eps          float64
	activation   archpb.Activation_Function
	tied         bool

	layers []string // the type of each
	window int      // of the sliding ones; 0: none, and then all layers rotate
}

// huggingFace reads config.json with the defaults of transformers' Exaone4Config.
func huggingFace(c *sdk.Config) shape {
	s := shape{
		vocab:        c.Size("vocab_size", 102400),
		hidden:       c.Size("hidden_size", 4096),
		ffn:          c.Size("intermediate_size", 16384),
		maxPositions: c.Size("max_position_embeddings", 2048),
		eps:          c.NonNegative("rms_norm_eps", 1e-5),
		activation:   c.Activation("hidden_act", "silu"),
		tied:         c.Bool("tie_word_embeddings", false),
	}
	n := c.Layers("num_hidden_layers", 32)
	s.heads.Count = c.Size("num_attention_heads", 32)
	s.heads.KV = c.Size("num_key_value_heads", 32)
	s.heads.Dim = c.HeadDim("head_dim", "hidden_size", s.hidden, s.heads.Count)
	s.rope = c.Rope(sdk.RopeDefaults{HeadDim: s.heads.Dim, MaxPositions: s.maxPositions, WholeHead: true})
	if !c.Null("sliding_window") {
		s.window = c.Size("sliding_window", 4096)
	}
	s.readLayers(c, n)
	c.RefuseQuantised()
	return s
}

// readLayers reads the layers' types: as layer_types says, else all slide but each
// fourth, or as sliding_window_pattern counts.
func (s *shape) readLayers(c *sdk.Config, n int) {
	pattern := 1
	if s.window > 0 && !c.Has("layer_types") {
		pattern = c.Size("sliding_window_pattern", 4)
	}
	s.layers = c.LayerTypes(n, func(layer int) string {
		if (layer+1)%max(pattern, 1) == 0 {
			return sdk.FullAttention
		}
		return sdk.SlidingAttention
	})
	if s.window == 0 && slices.Contains(s.layers, sdk.SlidingAttention) {
		c.Fail("sliding_window", "is null, expected a number, as layers slide")
	}
}

func (s shape) model() *archpb.Model {
	head := sdk.Linear("lm_head", archpb.Role_ROLE_UNEMBED, s.hidden, s.vocab).As("logits")
	if s.tied {
		head.TiedTo("model.embed_tokens")
	}
	blocks, layers := sdk.Blocks(s.layers, s.block)
	return &archpb.Model{
		Family:       "exaone4",
		MaxPositions: uint32(s.maxPositions),
		Prologue: sdk.Program(
			sdk.Embed("model.embed_tokens", archpb.Role_ROLE_EMBED, s.vocab, s.hidden).From("tokens").As("h"),
		),
		Blocks:   blocks,
		Layers:   layers,
		Epilogue: sdk.Program(sdk.RMSNorm("model.norm", s.hidden, s.eps).From("h"), head),
	}
}

func (s shape) block(layerType string) *archpb.Block {
	const (
		layer = "model.layers.{layer}."
		attn  = layer + "self_attn."
		mlp   = layer + "mlp."
	)
	heads, rotate := s.heads, s.window == 0
	if layerType == sdk.SlidingAttention {
		heads.Window, rotate = s.window, true
	}
	qWidth, kvWidth := heads.Count*heads.Dim, heads.KV*heads.Dim
	query := func(name string, role archpb.Role, width int) []sdk.Step {
		steps := []sdk.Step{
			sdk.Linear(attn+name+"_proj", role, s.hidden, width).From("h"),
			sdk.RMSNorm(attn+name+"_norm", heads.Dim, s.eps),
		}
		if rotate {
			steps = append(steps, sdk.Rope(s.rope))
		}
		steps[len(steps)-1].As(name)
		return steps
	}

	steps := append(query("q", archpb.Role_ROLE_Q, qWidth), query("k", archpb.Role_ROLE_K, kvWidth)...)
	return sdk.Block(layerType, append(steps,
		sdk.Linear(attn+"v_proj", archpb.Role_ROLE_V, s.hidden, kvWidth).From("h").As("v"),
		sdk.Attention(heads).From("q", "k", "v"),
		sdk.Linear(attn+"o_proj", archpb.Role_ROLE_O, qWidth, s.hidden),
		sdk.RMSNorm(layer+"post_attention_layernorm", s.hidden, s.eps).As("attended"),
		sdk.Add("h", "attended").As("r"),
		sdk.Linear(mlp+"gate_proj", archpb.Role_ROLE_GATE, s.hidden, s.ffn).From("r"),
		sdk.Activate(s.activation).As("gate"),
		sdk.Linear(mlp+"up_proj", archpb.Role_ROLE_UP, s.hidden, s.ffn).From("r").As("up"),
		sdk.Multiply("gate", "up"),
		sdk.Linear(mlp+"down_proj", archpb.Role_ROLE_DOWN, s.ffn, s.hidden),
		sdk.RMSNorm(layer+"post_feedforward_layernorm", s.hidden, s.eps).As("changed"),
		sdk.Add("r", "changed").As("h"),
	)...)
}

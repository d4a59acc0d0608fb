package sdk

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Under gives the keys of GGUF metadata that begin with a prefix and a dot, without
// them: "block_count" for "llama.block_count".
func (c *Config) Under(prefix string) *Config {
	o := &Config{source: c.source, prefix: c.prefix + prefix + ".", values: make(map[string]json.RawMessage), err: c.err}
	for key, v := range c.values {
		if rest, ok := strings.CutPrefix(key, prefix+"."); ok {
			o.values[rest] = v
		}
	}
	return o
}

// UniformSize reads a size that llama.cpp may write as one number or as one a layer;
// layers that differ are an error.
func (c *Config) UniformSize(key string, missing int) int {
	var list []json.RawMessage
	v := c.raw(key)
	if v == nil || json.Unmarshal(v, &list) != nil {
		return c.Size(key, missing)
	}
	for _, other := range list {
		if string(other) != string(list[0]) {
			c.fail(key, "is %s, expected the same number for every layer", short(v))
			return 0
		}
	}
	if len(list) == 0 {
		c.fail(key, "is an empty list, expected a number")
		return 0
	}
	one := &Config{source: c.source, prefix: c.prefix, values: map[string]json.RawMessage{c.name(key): list[0]}, err: c.err}
	return one.Size(c.name(key), missing)
}

// Length reads the length of a list, which the host may have put in its place.
func (c *Config) Length(key string) int {
	v := c.raw(key)
	var list []json.RawMessage
	if v == nil || json.Unmarshal(v, &list) == nil {
		return len(list)
	}
	return c.Object(key).Size("length", 0)
}

// GGUFVocab is the size of the vocabulary of GGUF metadata: of its list of tokens,
// which llama.cpp goes by, or where it has none what it says.
func (c *Config) GGUFVocab(architecture string) int {
	if n := c.Length("tokenizer.ggml.tokens"); n > 0 {
		return n
	}
	return c.Under(architecture).Size("vocab_size", 0)
}

// GGUFShape is what the metadata of every architecture says alike.
type GGUFShape struct {
	Vocab, Hidden, Layers, MaxPositions int

	Heads Heads // count, KV and Dim
}

// GGUFShape reads the sizes of GGUF metadata under the architecture's name, with
// llama.cpp's defaults. Heads whose values are of another width than their keys are
// an error.
func (c *Config) GGUFShape(architecture string) GGUFShape {
	a := c.Under(architecture)
	s := GGUFShape{
		Vocab:        c.GGUFVocab(architecture),
		Hidden:       a.Size("embedding_length", 0),
		Layers:       a.Layers("block_count", 0),
		MaxPositions: a.Size("context_length", 0),
	}
	s.Heads.Count = a.UniformSize("attention.head_count", 0)
	s.Heads.KV = a.UniformSize("attention.head_count_kv", s.Heads.Count)
	s.Heads.Dim = a.HeadDim("attention.key_length", "embedding_length", s.Hidden, s.Heads.Count)
	if v := a.Size("attention.value_length", s.Heads.Dim); v != s.Heads.Dim {
		a.Fail("attention.value_length", "is %d, expected %d as the keys have", v, s.Heads.Dim)
	}
	return s
}

// WholeRope fails on GGUF metadata by which RoPE rotates less than a whole head; c
// has the architecture's keys ([Config.Under]).
func (c *Config) WholeRope(headDim int) {
	if n := c.Size("rope.dimension_count", headDim); n != headDim {
		c.Fail("rope.dimension_count", "is %d, expected %d, the whole head", n, headDim)
	}
}

// HasTensor reports whether the checkpoint has a tensor of that name.
func HasTensor(req *archpb.DescribeRequest, name string) bool {
	return slices.ContainsFunc(req.Tensors, func(t *archpb.TensorHeader) bool { return t.Name == name })
}

// NameTensors gives every module of a model the name that names has for its path,
// where it has one.
func NameTensors(m *archpb.Model, names map[string]string) {
	Modules(m, func(m *archpb.Module) {
		if name, ok := names[m.Path]; ok {
			m.Tensor = name
		}
	})
}

// Interleave says that the rows of each head's two halves lie interleaved, as
// llama.cpp stores the q and k of families whose RoPE it runs on adjacent pairs.
func Interleave(m *archpb.Module, heads int) { layout(m).InterleavedHeads = u32(heads) }

// StoredOffset says that the norm's tensor holds weight + by, as llama.cpp stores
// Gemma's.
func StoredOffset(m *archpb.Module, by float64) { layout(m).Offset = by }

// StackExperts says that the experts' modules of a role are one tensor of that name,
// with a leading axis of experts, as llama.cpp stores them.
func StackExperts(m *archpb.Model, names map[archpb.Role]string) {
	for _, b := range m.Blocks {
		for _, s := range b.Steps {
			visitModules(s.GetExperts().GetBody(), func(m *archpb.Module) {
				m.Tensor = names[m.Role]
				layout(m).Stacked = true
			})
		}
	}
}

// LlamaGGUFNames is llama.cpp's names for the modules of LLaMA and of the families
// whose modules transformers names alike.
func LlamaGGUFNames() map[string]string {
	const hf, gguf = "model.layers.{layer}.", "blk.{layer}."
	return map[string]string{
		"model.embed_tokens":            "token_embd",
		"model.norm":                    "output_norm",
		"lm_head":                       "output",
		hf + "input_layernorm":          gguf + "attn_norm",
		hf + "self_attn.q_proj":         gguf + "attn_q",
		hf + "self_attn.k_proj":         gguf + "attn_k",
		hf + "self_attn.v_proj":         gguf + "attn_v",
		hf + "self_attn.o_proj":         gguf + "attn_output",
		hf + "self_attn.q_norm":         gguf + "attn_q_norm",
		hf + "self_attn.k_norm":         gguf + "attn_k_norm",
		hf + "post_attention_layernorm": gguf + "ffn_norm",
		hf + "mlp.gate_proj":            gguf + "ffn_gate",
		hf + "mlp.up_proj":              gguf + "ffn_up",
		hf + "mlp.down_proj":            gguf + "ffn_down",
		hf + "mlp.gate":                 gguf + "ffn_gate_inp",
	}
}

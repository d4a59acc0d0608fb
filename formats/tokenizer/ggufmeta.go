package tokenizer

import (
	"fmt"
	"math"
	"unicode"
)

// The types of a GGUF file's tokens that matter here.
const (
	ggufControl     = 3
	ggufUserDefined = 4
)

// gguf is what a GGUF file's metadata says about its tokenizer.
type gguf struct {
	kind, pre, architecture string
	tokens, merges          []string // merges nil: none
	scores                  []float32
	types                   []int32
	bos, eos                int32 // noID: none
	unknown, padding        int32 // noID: none
	special                 map[int32]bool
	addBOS, addEOS          bool
	spacePrefix             bool
}

func readGGUF(meta map[string]any) (*gguf, error) {
	r := ggufReader{meta: meta}
	g := &gguf{
		kind:         r.text("tokenizer.ggml.model"),
		pre:          r.text("tokenizer.ggml.pre"),
		architecture: r.text("general.architecture"),
		tokens:       ggufSlice[string](&r, "tokenizer.ggml.tokens"),
		merges:       ggufSlice[string](&r, "tokenizer.ggml.merges"),
		scores:       ggufSlice[float32](&r, "tokenizer.ggml.scores"),
		types:        ggufSlice[int32](&r, "tokenizer.ggml.token_type"),
		special:      map[int32]bool{},
	}
	g.addBOS = r.flag("tokenizer.ggml.add_bos_token", g.kind == "llama")
	g.addEOS = r.flag("tokenizer.ggml.add_eos_token", false)
	g.spacePrefix = r.flag("tokenizer.ggml.add_space_prefix", true)
	if g.kind == "gemma4" {
		g.addBOS = false // as transformers: the chat template writes it
	}
	g.bos = r.tokenID("tokenizer.ggml.bos_token_id", len(g.tokens))
	g.eos = r.tokenID("tokenizer.ggml.eos_token_id", len(g.tokens))
	g.unknown = r.tokenID("tokenizer.ggml.unknown_token_id", len(g.tokens))
	g.padding = r.tokenID("tokenizer.ggml.padding_token_id", len(g.tokens))
	if r.err != nil {
		return nil, r.err
	}
	if len(g.tokens) == 0 {
		return nil, fmt.Errorf("tokenizer.ggml.tokens: found none")
	}
	if g.types != nil && len(g.types) != len(g.tokens) {
		return nil, fmt.Errorf("tokenizer.ggml.token_type: found %d, expected one for each of the %d tokens", len(g.types), len(g.tokens))
	}
	for i, s := range g.scores {
		if math.IsNaN(float64(s)) {
			return nil, fmt.Errorf("tokenizer.ggml.scores[%d]: found NaN", i)
		}
	}
	g.markSpecial(g.bos, g.eos, g.unknown, g.padding)
	return g, nil
}

// markSpecial notes the special tokens: control tokens, those with a role, and
// those that transformers' tokenizer classes take to have one.
func (g *gguf) markSpecial(roles ...int32) {
	for _, id := range roles {
		if id != noID {
			g.special[id] = true
		}
	}
	for i, t := range g.types {
		if t == ggufControl {
			g.special[int32(i)] = true
		}
	}
	for i, token := range g.tokens {
		switch token {
		case "<|endoftext|>":
			g.special[int32(i)] = g.kind == "gpt2" || g.special[int32(i)]
		case "<unk>", "<s>", "</s>", "<bos>", "<eos>", "<pad>", "<mask>":
			g.special[int32(i)] = g.kind != "gpt2" && g.ownRole(token) || g.special[int32(i)]
		}
	}
}

// ownRole reports whether the model's tokenizer class has token among its own.
func (g *gguf) ownRole(token string) bool {
	gemma := len(g.architecture) >= 5 && g.architecture[:5] == "gemma" || g.kind == "gemma4"
	return token == "<unk>" || gemma == (token != "<s>" && token != "</s>")
}

// whole reports whether token i is found in the text as a whole.
func (g *gguf) whole(i int) bool {
	return g.special[int32(i)] || g.types != nil && g.types[i] == ggufUserDefined
}

func (g *gguf) token(id int32) string {
	if id == noID {
		return ""
	}
	return g.tokens[id]
}

// isPythonSpace is what Python's str.strip takes for space.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }

// ggufReader reads typed values, and keeps the first error.
type ggufReader struct {
	meta map[string]any
	err  error
}

func (r *ggufReader) fail(key string, found any, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: found %T, expected %s", key, found, want)
	}
}

// text is "" where the key isn't there.
func (r *ggufReader) text(key string) string {
	v, ok := r.meta[key]
	s, isText := v.(string)
	if ok && !isText {
		r.fail(key, v, "a string")
	}
	return s
}

func (r *ggufReader) flag(key string, otherwise bool) bool {
	v, ok := r.meta[key]
	if !ok {
		return otherwise
	}
	b, isFlag := v.(bool)
	if !isFlag {
		r.fail(key, v, "a boolean")
	}
	return b
}

// tokenID is noID where the key isn't there.
func (r *ggufReader) tokenID(key string, tokens int) int32 {
	v, ok := r.meta[key]
	if !ok {
		return noID
	}
	id, ok := ggufInt(v)
	if !ok {
		r.fail(key, v, "an integer")
		return noID
	}
	if id < 0 || id >= int64(tokens) {
		if r.err == nil {
			r.err = fmt.Errorf("%s: found %d, but there are %d tokens", key, id, tokens)
		}
		return noID
	}
	return int32(id)
}

func ggufInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int8:
		return int64(v), true
	case uint8:
		return int64(v), true
	case int16:
		return int64(v), true
	case uint16:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint32:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		return int64(min(v, math.MaxInt64)), true
	case int:
		return int64(v), true
	}
	return 0, false
}

// ggufSlice is nil where the key isn't there.
func ggufSlice[T string | float32 | int32](r *ggufReader, key string) []T {
	v, ok := r.meta[key]
	if !ok {
		return nil
	}
	if s, ok := v.([]T); ok {
		return s
	}
	// Some writers give the token types as unsigned.
	if u, ok := v.([]uint32); ok {
		out := make([]int32, len(u))
		for i, x := range u {
			out[i] = int32(x)
		}
		if s, ok := any(out).([]T); ok {
			return s
		}
	}
	var want T
	r.fail(key, v, fmt.Sprintf("[]%T", want))
	return nil
}

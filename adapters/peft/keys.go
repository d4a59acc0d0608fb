package peft

import "strings"

// keyPrefix is what PEFT puts before a module's path.
const keyPrefix = "base_model.model."

// The ends of the keys, by what they hold.
const (
	linearA    = ".lora_A.weight"
	linearB    = ".lora_B.weight"
	embeddingA = ".lora_embedding_A"
	embeddingB = ".lora_embedding_B"
	baseWeight = ".base_layer.weight"
)

// part is what a key holds of its module.
type part int

const (
	partA part = iota + 1
	partB
	partBase
	// The rest is no factor: PEFT takes it if the config says so.
	partOther
	partMagnitude // DoRA's
	partLoraBias
	partModule // a whole module, or a bias of the base
)

// key is a tensor's name in the file, taken apart.
type key struct {
	path      string
	part      part
	embedding bool
	name      string // the tensor's; set where it is no factor
	named     bool   // an adapter's name, default, is in it
}

var keyEnds = []struct {
	end string
	key
}{
	{linearA, key{part: partA}},
	{linearB, key{part: partB}},
	{embeddingA, key{part: partA, embedding: true}},
	{embeddingB, key{part: partB, embedding: true}},
	{baseWeight, key{part: partBase}},
}

// parseKey takes a name apart. why says what is wrong with one that PEFT would not
// put into a LoRA layer.
func parseKey(name string) (k key, why string) {
	rest, prefixed := strings.CutPrefix(name, keyPrefix)
	plain := strings.TrimSuffix(rest, ".default")
	for _, ab := range []string{"A", "B"} {
		plain = strings.Replace(plain, ".lora_"+ab+".default.weight", ".lora_"+ab+".weight", 1)
	}
	named := plain != rest
	rest = plain
	for _, e := range keyEnds {
		path, ok := strings.CutSuffix(rest, e.end)
		if !ok || path == "" {
			continue
		}
		if !prefixed {
			return key{}, "PEFT would ignore it, because it does not begin with " + keyPrefix
		}
		k = e.key
		k.path, k.named = path, named
		return k, ""
	}
	other := func(p part, path string) (key, string) {
		if !prefixed {
			return key{}, "PEFT would ignore it, because it does not begin with " + keyPrefix
		}
		return key{path: path, part: p, name: name}, ""
	}
	if path, ok := strings.CutSuffix(rest, ".lora_magnitude_vector"); ok {
		return other(partMagnitude, path)
	}
	if path, ok := strings.CutSuffix(rest, ".lora_B.bias"); ok {
		return other(partLoraBias, path)
	}
	switch {
	case strings.Contains(rest, ".lora_A.") || strings.Contains(rest, ".lora_B.") || strings.Contains(rest, ".lora_embedding_"):
		return key{}, "PEFT would ignore it: between lora_A and weight stands an adapter's name, which PEFT takes off when it saves"
	case strings.HasSuffix(rest, ".weight"), strings.HasSuffix(rest, ".bias"):
		return other(partModule, rest[:strings.LastIndexByte(rest, '.')])
	}
	return other(partOther, rest)
}

// keysOf are the names of a module's A and B.
func keysOf(m *Module) (a, b string) {
	if m.Embedding {
		return keyPrefix + m.Path + embeddingA, keyPrefix + m.Path + embeddingB
	}
	return keyPrefix + m.Path + linearA, keyPrefix + m.Path + linearB
}

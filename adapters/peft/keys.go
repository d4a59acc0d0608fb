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
)

// key is a tensor's name in the file, taken apart.
type key struct {
	path      string
	part      part
	embedding bool
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
	for _, e := range keyEnds {
		path, ok := strings.CutSuffix(rest, e.end)
		if !ok || path == "" {
			continue
		}
		if !prefixed {
			return key{}, "PEFT would ignore it, because it does not begin with " + keyPrefix
		}
		k = e.key
		k.path = path
		return k, ""
	}
	switch {
	case strings.Contains(rest, "lora_magnitude_vector"):
		return key{}, "DoRA's magnitudes are not supported"
	case strings.HasSuffix(rest, ".lora_B.bias"):
		return key{}, "biases of LoRA layers (lora_bias) are not supported"
	case strings.Contains(rest, ".lora_A.") || strings.Contains(rest, ".lora_B.") || strings.Contains(rest, ".lora_embedding_"):
		return key{}, "PEFT would ignore it: between lora_A and weight stands an adapter's name, which PEFT takes off when it saves"
	case strings.Contains(rest, "trainable_tokens"):
		return key{}, "trainable tokens are not supported"
	}
	return key{}, "it is no LoRA weight: the adapter replaces parts of the base, which is not supported"
}

// keysOf are the names of a module's A and B.
func keysOf(m *Module) (a, b string) {
	if m.Embedding {
		return keyPrefix + m.Path + embeddingA, keyPrefix + m.Path + embeddingB
	}
	return keyPrefix + m.Path + linearA, keyPrefix + m.Path + linearB
}

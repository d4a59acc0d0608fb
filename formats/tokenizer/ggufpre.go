package tokenizer

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/tokenizer/oniguruma"
)

// The patterns that byte-level vocabularies were learned with.
const (
	llama3Split = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Split  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen35Split = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	tekkenSplit = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	gpt4oSplit  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// llama3Merges reports whether pre is LLaMA 3's, which takes a word that is a
// token as it is.
func llama3Merges(pre string) bool {
	return pre == "llama-bpe" || pre == "llama3" || pre == "llama-v3"
}

// readPre is the pre-tokenizer that a tokenizer.ggml.pre stands for. The
// assignment is that of transformers; names that it leaves to GPT-2's pattern
// are here only if that is right for them but for digits, which their merges
// never join.
func readPre(pre string) (preTokenizer, error) {
	split := ""
	switch pre {
	case "", "default", "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais",
		"smollm", "starcoder", "refact", "command-r", "codeshell", "granite-docling":
		split = gpt2Split
	case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano", "dbrx", "smaug-bpe":
		split = llama3Split
	case "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez":
		split = qwen2Split
	case "qwen35":
		split = qwen35Split
	case "tekken":
		split = tekkenSplit
	case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2":
		split = gpt4oSplit
	default:
		return nil, &GGUFPreError{Pre: pre}
	}
	re, err := oniguruma.Compile(split)
	return byteLevel{regex: re}, err
}

// GGUFPreError says that a GGUF file's text is to be split in a way that
// FromGGUF doesn't know.
type GGUFPreError struct{ Pre string }

func (e *GGUFPreError) Error() string {
	return fmt.Sprintf("tokenizer.ggml.pre: %q is not supported", e.Pre)
}

// Hint says what can be done about it.
func (e *GGUFPreError) Hint() string {
	return "use the model's HuggingFace folder, whose tokenizer.json has the pattern"
}

// impliedMerges are the merges of a SentencePiece vocabulary, which has scores in
// their place: every way to put a token together from two others, those of the
// best token first. (This is transformers' generate_merges; equal scores go by
// the parts' lengths in characters, longer ones first, then by ids.)
func impliedMerges(tokens []string, scores []float32, ids map[string]int32) [][2]string {
	type implied struct {
		parts       [2]string
		score       float32
		left, right int // lengths
	}
	var all []implied
	seen := make(map[string]bool, len(tokens))
	for _, token := range tokens {
		if seen[token] {
			continue
		}
		seen[token] = true
		score := scores[ids[token]] // of doubles, the last counts
		first := len(all)
		for cut, left := range cuts(token) {
			l, r := token[:cut], token[cut:]
			if _, ok := ids[l]; !ok {
				continue
			}
			if _, ok := ids[r]; ok {
				all = append(all, implied{[2]string{l, r}, score, left, utf8.RuneCountInString(r)})
			}
		}
		slices.SortStableFunc(all[first:], func(a, b implied) int {
			if a.parts[0] != b.parts[0] {
				return int(ids[a.parts[0]]) - int(ids[b.parts[0]])
			}
			return int(ids[a.parts[1]]) - int(ids[b.parts[1]])
		})
	}
	slices.SortStableFunc(all, func(a, b implied) int {
		switch {
		case a.score != b.score:
			if a.score > b.score {
				return -1
			}
			return 1
		case a.left != b.left:
			return b.left - a.left
		}
		return b.right - a.right
	})
	merges := make([][2]string, len(all))
	for i, m := range all {
		merges[i] = m.parts
	}
	return merges
}

// cuts are the places inside of s, in bytes and in characters.
func cuts(s string) func(yield func(cut, chars int) bool) {
	return func(yield func(int, int) bool) {
		chars := 0
		for i := range s {
			if i > 0 && !yield(i, chars) {
				return
			}
			chars++
		}
	}
}

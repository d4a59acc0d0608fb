package tokenizer

import (
	"fmt"

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
		"smollm", "starcoder", "refact", "command-r", "codeshell":
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

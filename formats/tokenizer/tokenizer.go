// Package tokenizer turns text into a model's token ids and back.
package tokenizer

import "errors"

// Tokenizer is one model's tokenizer. It is safe for concurrent use.
type Tokenizer struct{}

var errSkeleton = errors.New("tokenizer is not built yet")

// FromJSON reads a HuggingFace tokenizer.json and, unless nil, the
// tokenizer_config.json beside it.
func FromJSON(tokenizerJSON, tokenizerConfigJSON []byte) (*Tokenizer, error) {
	return nil, errSkeleton
}

// FromGGUF builds the tokenizer that a GGUF file's metadata describes.
func FromGGUF(meta map[string]any) (*Tokenizer, error) { return nil, errSkeleton }

// Encode returns the ids of text.
func (t *Tokenizer) Encode(text string, addSpecial bool) ([]int32, error) { return nil, errSkeleton }

// Decode returns the text of ids.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) (string, error) { return "", errSkeleton }

// Token returns the token of an id.
func (t *Tokenizer) Token(id int32) (string, bool) { return "", false }

// ID returns the id of a token.
func (t *Tokenizer) ID(token string) (int32, bool) { return 0, false }

// VocabSize is the largest id plus one, added tokens included.
func (t *Tokenizer) VocabSize() int { return 0 }

// BOS is the token that begins a sequence, "" where there is none.
func (t *Tokenizer) BOS() string { return "" }

// EOS is the token that ends a sequence, "" where there is none.
func (t *Tokenizer) EOS() string { return "" }

// Package tokenizer turns text into a model's token ids and back, exactly as
// the `tokenizers` package (0.23) does: equal text gives equal ids, for every
// tokenizer.json that FromJSON accepts. What it doesn't know it refuses, naming
// the place in the file; it never guesses.
//
// It knows the models BPE (byte-level, byte fallback, ignore_merges, prefix and
// suffix), Unigram and WordLevel, and the normalizers, pre-tokenizers,
// post-processors, decoders and added tokens that decoder language models use.
// Truncation and padding of a tokenizer.json are left to the caller, as
// transformers leaves them.
//
// FromGGUF builds the tokenizer that transformers would convert a GGUF file's
// metadata to; see there for where it departs from that.
package tokenizer

import (
	"fmt"
	"maps"
	"strings"
)

// Tokenizer is one model's tokenizer. It is safe for concurrent use.
type Tokenizer struct {
	added      *addedVocabulary
	normalizer normalizer   // nil: none
	splitter   preTokenizer // nil: none
	model      model
	templates  []template
	decoder    decoder // nil: tokens joined by spaces
	size       int
	special    map[string]string
}

// model turns one word, a piece of text that the pre-tokenizer has cut out, into
// ids.
type model interface {
	encode(dst []int32, word string) ([]int32, error)
	id(token string) (int32, bool)
	token(id int32) (string, bool)
	tokens() int // how many there are
	maxID() int32
}

// Encode returns the ids of text. With addSpecial, the special tokens that the
// model's tokenizer puts around a text (such as BOS) are added; special tokens
// that are spelled out in the text become their ids either way.
//
// The error is an *InvalidUTF8Error where text isn't UTF-8. Other errors are the
// tokenizer's own: a character that its vocabulary lacks where it has no unknown
// token, or a regular expression that takes too many steps on the text.
func (t *Tokenizer) Encode(text string, addSpecial bool) ([]int32, error) {
	if err := checkUTF8(text); err != nil {
		return nil, err
	}
	ids := make([]int32, 0, len(text)/3+4)
	for _, p := range t.added.raw.split(piece{text: text, id: noID, head: 1}) {
		if p.id != noID {
			ids = append(ids, p.id)
			continue
		}
		var err error
		if ids, err = t.encodeText(ids, p); err != nil {
			return nil, err
		}
	}
	for _, tmpl := range t.templates {
		ids = tmpl.apply(ids, addSpecial)
	}
	return ids, nil
}

// encodeText takes text between added tokens through the rest of the stages.
func (t *Tokenizer) encodeText(ids []int32, p piece) ([]int32, error) {
	if t.normalizer != nil {
		var err error
		if p, err = t.normalizer.normalize(p); err != nil {
			return nil, err
		}
	}
	for _, p := range t.added.normalized.split(p) {
		if p.id != noID {
			ids = append(ids, p.id)
			continue
		}
		words := []piece{p}
		var err error
		if t.splitter != nil {
			if words, err = t.splitter.split(words); err != nil {
				return nil, err
			}
		}
		for _, w := range words {
			if ids, err = t.model.encode(ids, w.text); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// Decode returns the text of ids; with skipSpecial, special tokens are left out.
// Bytes that are no UTF-8 become U+FFFD. Ids that no token has are left out, as
// `tokenizers` leaves them out, unless they are negative: that is an error.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) (string, error) {
	tokens := make([]string, 0, len(ids))
	for i, id := range ids {
		if id < 0 {
			return "", fmt.Errorf("id %d at position %d is negative", id, i)
		}
		token, ok := t.added.spelling(id)
		if !ok {
			token, ok = t.model.token(id)
		}
		if !ok || skipSpecial && t.added.special[token] {
			continue
		}
		tokens = append(tokens, token)
	}
	if t.decoder == nil {
		return strings.Join(tokens, " "), nil
	}
	parts, err := t.decoder.decode(tokens)
	return strings.Join(parts, ""), err
}

// Token returns the token of an id, in the vocabulary's spelling.
func (t *Tokenizer) Token(id int32) (string, bool) {
	if a, ok := t.added.byID[id]; ok {
		return a.content, true
	}
	return t.model.token(id)
}

// ID returns the id of a token, in the vocabulary's spelling.
func (t *Tokenizer) ID(token string) (int32, bool) {
	if id, ok := t.added.byContent[token]; ok {
		return id, true
	}
	return t.model.id(token)
}

// VocabSize is the largest id plus one, added tokens included.
func (t *Tokenizer) VocabSize() int { return t.size }

// BOS is the token that begins a sequence, "" where there is none.
func (t *Tokenizer) BOS() string { return t.special["bos_token"] }

// EOS is the token that ends a sequence, "" where there is none.
func (t *Tokenizer) EOS() string { return t.special["eos_token"] }

// Special are the special tokens by what they are for, as transformers'
// special_tokens_map: bos_token, eos_token, unk_token, pad_token, sep_token,
// cls_token, mask_token, and what a model has of its own, such as image_token. One
// that it lacks has no entry.
func (t *Tokenizer) Special() map[string]string { return maps.Clone(t.special) }

// setSpecial takes over tokens by what they are for; "" is none.
func (t *Tokenizer) setSpecial(tokens map[string]string) {
	maps.DeleteFunc(tokens, func(_, token string) bool { return token == "" })
	t.special = tokens
}

// measure fills in the vocabulary's size once all else is set.
func (t *Tokenizer) measure() *Tokenizer {
	t.size = int(t.model.maxID()) + 1
	for id := range t.added.byID {
		t.size = max(t.size, int(id)+1)
	}
	return t
}

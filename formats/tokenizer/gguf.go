package tokenizer

import (
	"fmt"
	"strings"
)

// FromGGUF builds the tokenizer that a GGUF file's metadata describes: its keys
// tokenizer.ggml.* and general.architecture, the values of Go types that fit
// (string, []string, bool, []float32, any integer type and slices of 32-bit
// ones).
//
// tokenizer.ggml.model may be "gpt2" (byte-level BPE), "llama" (SentencePiece
// BPE) or "gemma4". The result is that of transformers' conversion (5.24), for
// better or worse: text is split by GPT-2's pattern where a model such as SmolLM
// splits digits first, and BOS is not added to a "gpt2" model's text unless
// add_bos_token says so. It departs from transformers where that would lose what
// the file says: add_space_prefix counts for every "llama" model; control and
// user-defined tokens are found as a whole even if they have characters that no
// byte-level vocabulary has; special tokens that the file lacks aren't invented;
// LLaMA 3's words that are tokens are taken as they are (ignore_merges); and an
// unknown tokenizer.ggml.pre is an error, not GPT-2's.
func FromGGUF(meta map[string]any) (*Tokenizer, error) {
	g, err := readGGUF(meta)
	if err != nil {
		return nil, err
	}
	var t *Tokenizer
	switch kind := g.kind; {
	case kind == "gpt2":
		t, err = g.byteLevel()
	case kind == "llama" && strings.HasPrefix(g.architecture, "gemma"), kind == "gemma4":
		t, err = g.gemma()
	case kind == "llama":
		t, err = g.sentencePiece()
	default:
		err = &GGUFModelError{Model: kind}
	}
	if err != nil {
		return nil, err
	}
	if err := g.addSpecialTokens(t); err != nil {
		return nil, err
	}
	t.measure()
	return t, t.surround(g.addBOS, g.addEOS)
}

// GGUFModelError says that a GGUF file has a kind of tokenizer that FromGGUF
// doesn't know.
type GGUFModelError struct{ Model string }

func (e *GGUFModelError) Error() string {
	return fmt.Sprintf("tokenizer.ggml.model: found %q, expected \"gpt2\", \"llama\" or \"gemma4\"", e.Model)
}

// Hint says what can be done about it.
func (e *GGUFModelError) Hint() string {
	return "use the model's HuggingFace folder, whose tokenizer.json says it all"
}

// byteLevel builds a "gpt2" tokenizer.
func (g *gguf) byteLevel() (*Tokenizer, error) {
	split, err := readPre(g.pre)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]int32, len(g.tokens))
	for i, token := range g.tokens {
		spelled := token
		if _, ok := fromByteLevel(nil, token); !ok {
			spelled = toByteLevel(token)
		}
		ids[spelled] = int32(i)
	}
	for i, token := range g.tokens {
		if g.whole(i) {
			ids[token] = int32(i)
		}
	}
	m := &bpe{vocabulary: newVocabulary(ids), ignoreMerges: llama3Merges(g.pre), cache: newWordCache()}
	merges, err := splitMerges("tokenizer.ggml.merges", g.merges)
	if err != nil {
		return nil, err
	}
	if m, err = m.finish(merges, "tokenizer.ggml.merges"); err != nil {
		return nil, err
	}
	return &Tokenizer{model: m, splitter: split, decoder: decodeFunc(decodeByteLevel)}, nil
}

// sentencePiece builds a "llama" tokenizer.
func (g *gguf) sentencePiece() (*Tokenizer, error) {
	m, err := g.mergeable(g.tokens, g.scores)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{model: m}
	undo := decoders{
		replaceDecoder{pattern{literal: "▁"}, " "},
		decodeFunc(decodeByteFallback),
		decodeFunc(fuse),
	}
	prepend := "never"
	if g.spacePrefix {
		prepend = "first"
		undo = append(undo, stripDecoder{content: " ", start: 1})
	}
	t.decoder = undo
	if g.architecture != "phi3" {
		t.splitter = metaspace{mark: "▁", prepend: prepend}
		return t, nil
	}
	// Phi 3 puts the space in front even of a text that begins with one.
	spaces := replaceNormalizer{pattern{literal: " "}, "▁"}
	t.normalizer = spaces
	if g.spacePrefix {
		t.normalizer = normalizers{prependNormalizer("▁"), spaces}
	}
	return t, nil
}

// gemma builds Gemma's tokenizer. Its runs of spaces are stored as spaces, but
// are tokens of ▁; and its merges go by the tokens' order, not by their scores.
func (g *gguf) gemma() (*Tokenizer, error) {
	tokens := g.tokens
	var scores []float32
	if g.kind == "llama" {
		tokens = make([]string, len(g.tokens))
		scores = make([]float32, len(g.tokens))
		for i, token := range g.tokens {
			tokens[i] = token
			if strings.Contains(token, " ") && strings.TrimFunc(token, isPythonSpace) == "" {
				tokens[i] = strings.Repeat("▁", len([]rune(token)))
			}
			scores[i] = -float32(i)
		}
	} else {
		scores = g.scores
	}
	m, err := g.mergeable(tokens, scores)
	if err != nil {
		return nil, err
	}
	m.unknown = "<unk>"
	return &Tokenizer{
		model:      m,
		normalizer: replaceNormalizer{pattern{literal: " "}, "▁"},
		decoder: decoders{
			replaceDecoder{pattern{literal: "▁"}, " "},
			decodeFunc(decodeByteFallback),
		},
	}, nil
}

// mergeable is a BPE model with byte fallback whose merges the file has, or the
// tokens' scores imply.
func (g *gguf) mergeable(tokens []string, scores []float32) (*bpe, error) {
	ids := make(map[string]int32, len(tokens))
	for i, token := range tokens {
		ids[token] = int32(i)
	}
	m := &bpe{vocabulary: newVocabulary(ids), fuseUnknown: true, byteFallback: true, cache: newWordCache()}
	if g.merges != nil {
		merges, err := splitMerges("tokenizer.ggml.merges", g.merges)
		if err != nil {
			return nil, err
		}
		return m.finish(merges, "tokenizer.ggml.merges")
	}
	if len(scores) != len(tokens) {
		return nil, fmt.Errorf("tokenizer.ggml.scores: found %d, expected one for each of the %d tokens", len(scores), len(tokens))
	}
	return m.finish(impliedMerges(tokens, scores, ids), "the merges that tokenizer.ggml.scores imply")
}

// addSpecialTokens makes control tokens special, user-defined ones plain added
// tokens.
func (g *gguf) addSpecialTokens(t *Tokenizer) error {
	var tokens []addedToken
	for i, token := range g.tokens {
		if !g.whole(i) {
			continue
		}
		if id, ok := t.model.id(token); ok && id == int32(i) {
			tokens = append(tokens, addedToken{content: token, special: g.special[int32(i)]})
		}
	}
	var err error
	t.added, err = newAddedVocabulary(tokens, t.model, t.normalizer)
	t.setSpecial(map[string]string{
		"bos_token": g.token(g.bos), "eos_token": g.token(g.eos), "unk_token": g.token(g.unknown), "pad_token": g.token(g.padding),
	})
	return err
}

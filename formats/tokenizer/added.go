package tokenizer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

// addedToken is a token that is found in the text before the model sees it.
type addedToken struct {
	content    string
	singleWord bool // not inside of a word
	lstrip     bool // takes in the spaces before it
	rstrip     bool // and those behind it
	normalized bool // looked for in normalized text
	special    bool // left out by Decode on demand
}

// addedVocabulary are a tokenizer's added tokens.
type addedVocabulary struct {
	byContent  map[string]int32
	byID       map[int32]addedToken
	special    map[string]bool
	normals    map[int32]string // normalized content, where it differs
	raw        *matcher         // tokens that are looked for in the text as it is
	normalized *matcher         // and in the normalized text
}

// newAddedVocabulary gives each token the id that the model has for it, or else
// the next behind the model's, which is how `tokenizers` does it: the ids that
// stand beside the tokens in tokenizer.json don't count.
func newAddedVocabulary(tokens []addedToken, m model, norm normalizer) (*addedVocabulary, error) {
	v := &addedVocabulary{
		byContent: map[string]int32{},
		byID:      map[int32]addedToken{},
		special:   map[string]bool{},
		normals:   map[int32]string{},
	}
	next := int32(m.tokens())
	for _, t := range tokens {
		if t.content == "" {
			continue
		}
		id, ok := v.byContent[t.content]
		if !ok {
			if id, ok = m.id(t.content); !ok {
				id = next
				next++
			}
		}
		delete(v.normals, id) // of a token that this one replaces
		if t.normalized && norm != nil {
			p, err := norm.normalize(piece{text: t.content, id: noID, head: 1})
			if err != nil {
				return nil, err
			}
			if p.text != t.content {
				v.normals[id] = p.text
			}
		}
		v.byContent[t.content] = id
		v.byID[id] = t
		if t.special {
			v.special[t.content] = true
		}
	}
	return v, v.index()
}

// index builds the matchers.
func (v *addedVocabulary) index() error {
	word := ucd.RustWord()
	v.raw = &matcher{trie: newTrie(), tokens: v.byID, word: word}
	v.normalized = &matcher{trie: newTrie(), tokens: v.byID, word: word}
	for _, id := range slices.Sorted(maps.Keys(v.byID)) {
		t, pattern := v.byID[id], v.pattern(id)
		if pattern == "" {
			return fmt.Errorf("added_tokens: nothing is left of the token %q when it is normalized", t.content)
		}
		m := v.raw
		if t.normalized {
			m = v.normalized
		}
		if length, other := m.trie.longest(pattern); length == len(pattern) {
			return fmt.Errorf("added_tokens: the tokens %q and %q are the same when they are normalized", v.byID[other].content, t.content)
		}
		m.trie.add(pattern, id)
	}
	return nil
}

// pattern is what an added token is found by.
func (v *addedVocabulary) pattern(id int32) string {
	if n, ok := v.normals[id]; ok {
		return n
	}
	return v.byID[id].content
}

// spelling is an added token as the decoder is to see it: normalized, where it
// was normalized on its way in, so that the decoder can undo it.
func (v *addedVocabulary) spelling(id int32) (string, bool) {
	if _, ok := v.byID[id]; !ok {
		return "", false
	}
	return v.pattern(id), true
}

// matcher finds added tokens in a text: the leftmost, and of these the longest.
type matcher struct {
	trie   *trie
	tokens map[int32]addedToken
	word   ucd.Set
}

// split cuts p at the added tokens in it. As in `tokenizers`, a token that isn't
// accepted, because it has to be a word of its own, is passed over as a whole.
func (m *matcher) split(p piece) []piece {
	text := p.text
	var out []piece
	done := 0
	add := func(from, to int) {
		if from < to {
			out = append(out, p.from(from, to))
		}
	}
	for pos := 0; pos < len(text); {
		if !m.trie.starts[text[pos]] {
			pos++
			continue
		}
		length, id := m.trie.longest(text[pos:])
		if length == 0 {
			pos++
			continue
		}
		start, stop := pos, pos+length
		pos = stop
		t := m.tokens[id]
		if t.singleWord && (m.endsInWord(text[:start]) || m.beginsWithWord(text[stop:])) {
			continue
		}
		if t.lstrip {
			start = max(len(strings.TrimRightFunc(text[:start], unicode.IsSpace)), done)
		}
		if t.rstrip {
			stop = len(text) - len(strings.TrimLeftFunc(text[stop:], unicode.IsSpace))
		}
		add(done, start)
		out = append(out, piece{id: id})
		done = stop
	}
	add(done, len(text))
	return out
}

func (m *matcher) endsInWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && m.word.Contains(r)
}

func (m *matcher) beginsWithWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && m.word.Contains(r)
}

// readAddedTokens reads the added_tokens of tokenizer.json.
func readAddedTokens(n node, m model, norm normalizer) (*addedVocabulary, error) {
	if n.null() {
		return newAddedVocabulary(nil, m, norm)
	}
	items, err := n.items()
	if err != nil {
		return nil, err
	}
	tokens := make([]addedToken, len(items))
	for i, item := range items {
		if tokens[i], err = readAddedToken(item); err != nil {
			return nil, err
		}
	}
	return newAddedVocabulary(tokens, m, norm)
}

func readAddedToken(n node) (t addedToken, err error) {
	o, err := n.object()
	if err != nil {
		return t, err
	}
	if t.content, err = o.get("content").text(); err != nil {
		return t, err
	}
	for _, f := range []struct {
		name string
		flag *bool
	}{
		{"single_word", &t.singleWord}, {"lstrip", &t.lstrip}, {"rstrip", &t.rstrip},
		{"normalized", &t.normalized}, {"special", &t.special},
	} {
		if err := o.get(f.name).read(f.flag, "true or false"); err != nil {
			return t, err
		}
	}
	return t, nil
}

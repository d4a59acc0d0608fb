package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe is byte pair encoding: a word's characters are joined pair by pair, the
// pair that was learned first before the others.
type bpe struct {
	vocabulary
	merges       map[pair]merge
	runes        map[rune]int32 // tokens of one character
	bytes        [256]int32     // <0x00> ...
	prefix       string         // of tokens that don't begin a word
	suffix       string         // of tokens that end one
	unknown      string         // "" for none
	fuseUnknown  bool
	byteFallback bool
	ignoreMerges bool // a word that is a token is taken as it is
	cache        *wordCache
}

// pair are the ids of two neighbours, merge is what they become: rank is the
// place among the merges, smaller goes first.
type (
	pair  struct{ left, right int32 }
	merge struct{ rank, id int32 }
)

func readBPE(o object) (model, error) {
	ids, err := readVocab(o.get("vocab"))
	if err != nil {
		return nil, err
	}
	m := &bpe{vocabulary: newVocabulary(ids), cache: newWordCache()}
	for _, f := range []struct {
		name string
		to   *string
	}{{"continuing_subword_prefix", &m.prefix}, {"end_of_word_suffix", &m.suffix}, {"unk_token", &m.unknown}} {
		if *f.to, err = o.get(f.name).optionalText(); err != nil {
			return nil, err
		}
	}
	for _, f := range []struct {
		name string
		to   *bool
	}{{"fuse_unk", &m.fuseUnknown}, {"byte_fallback", &m.byteFallback}, {"ignore_merges", &m.ignoreMerges}} {
		if *f.to, err = o.get(f.name).flag(false); err != nil {
			return nil, err
		}
	}
	if d := o.get("dropout"); !d.null() {
		var p float64
		if err := d.read(&p, "a probability"); err != nil {
			return nil, err
		}
		if p != 0 {
			return nil, fmt.Errorf("%s: found %v, but only tokenizers without dropout give a text the same ids every time", d.path, p)
		}
	}
	merges, err := readMerges(o.get("merges"))
	if err != nil {
		return nil, err
	}
	return m.finish(merges, o.get("merges").path)
}

// readMerges reads "a b" or ["a", "b"], throughout the same.
func readMerges(n node) ([][2]string, error) {
	var pairs [][]string
	if n.read(&pairs, "an array") != nil {
		var lines []string
		if err := n.read(&lines, `an array of "a b" or of ["a", "b"]`); err != nil {
			return nil, err
		}
		return splitMerges(n.path, lines)
	}
	merges := make([][2]string, len(pairs))
	for i, p := range pairs {
		if len(p) != 2 {
			return nil, fmt.Errorf("%s[%d]: found %d strings, expected 2", n.path, i, len(p))
		}
		merges[i] = [2]string(p)
	}
	return merges, nil
}

// splitMerges reads lines "a b"; lines that begin with #version don't count.
func splitMerges(path string, lines []string) ([][2]string, error) {
	merges := make([][2]string, 0, len(lines))
	for i, line := range lines {
		if strings.HasPrefix(line, "#version") {
			continue
		}
		left, right, ok := strings.Cut(line, " ")
		if !ok || strings.Contains(right, " ") {
			return nil, fmt.Errorf("%s[%d]: found %q, expected two tokens with a space between", path, i, line)
		}
		merges = append(merges, [2]string{left, right})
	}
	return merges, nil
}

// finish builds the lookup tables.
func (m *bpe) finish(merges [][2]string, path string) (*bpe, error) {
	m.merges = make(map[pair]merge, len(merges))
	for i, s := range merges {
		if len(s[1]) < len(m.prefix) {
			return nil, fmt.Errorf("%s[%d]: %q is shorter than the prefix %q", path, i, s[1], m.prefix)
		}
		var ids [3]int32
		for j, token := range [3]string{s[0], s[1], s[0] + s[1][len(m.prefix):]} {
			var ok bool
			if ids[j], ok = m.ids[token]; !ok {
				return nil, fmt.Errorf("%s[%d]: the token %q is not in the vocabulary", path, i, token)
			}
		}
		m.merges[pair{ids[0], ids[1]}] = merge{int32(i), ids[2]}
	}
	m.runes = map[rune]int32{}
	for token, id := range m.ids {
		if r, n := utf8.DecodeRuneInString(token); n > 0 && n == len(token) {
			m.runes[r] = id
		}
	}
	m.bytes = m.byteTokens()
	return m, nil
}

func (m *bpe) encode(dst []int32, word string) ([]int32, error) {
	if word == "" {
		return dst, nil
	}
	if m.ignoreMerges {
		if id, ok := m.ids[word]; ok {
			return append(dst, id), nil
		}
	}
	if ids, ok := m.cache.get(word); ok {
		return append(dst, ids...), nil
	}
	symbols, err := m.symbols(word)
	if err != nil {
		return dst, err
	}
	n := len(dst)
	dst = m.join(dst, symbols)
	m.cache.put(word, dst[n:])
	return dst, nil
}

// symbols are the ids of a word's characters.
func (m *bpe) symbols(word string) ([]int32, error) {
	ids := make([]int32, 0, len(word))
	unknown := int32(noID) // one that is still to be added, so that others can join it
	for i, r := range word {
		end := i + utf8.RuneLen(r)
		id, ok := m.character(r, i == 0, end == len(word))
		if ok {
			if unknown != noID {
				ids, unknown = append(ids, unknown), noID
			}
			ids = append(ids, id)
			continue
		}
		if m.byteFallback {
			var all bool
			// A pending unknown stays behind the bytes: so `tokenizers` has it.
			if ids, all = m.appendBytes(ids, m.spelled(word[i:end], i == 0, end == len(word))); all {
				continue
			}
		}
		if m.unknown == "" {
			continue
		}
		id, ok = m.ids[m.unknown]
		if !ok {
			return nil, fmt.Errorf("the text has %q, which is not in the vocabulary; nor is the unknown token %q", r, m.unknown)
		}
		if unknown != noID && !m.fuseUnknown {
			ids = append(ids, unknown)
		}
		unknown = id
	}
	if unknown != noID {
		ids = append(ids, unknown)
	}
	return ids, nil
}

// character is the id of a character at its place in the word.
func (m *bpe) character(r rune, first, last bool) (int32, bool) {
	if (first || m.prefix == "") && (!last || m.suffix == "") {
		id, ok := m.runes[r]
		return id, ok
	}
	id, ok := m.ids[m.spelled(string(r), first, last)]
	return id, ok
}

func (m *bpe) spelled(s string, first, last bool) string {
	if !first {
		s = m.prefix + s
	}
	if last {
		s += m.suffix
	}
	return s
}

// appendBytes appends the byte tokens of s, or nothing unless all are there.
func (m *bpe) appendBytes(dst []int32, s string) ([]int32, bool) {
	n := len(dst)
	for i := 0; i < len(s); i++ {
		id := m.bytes[s[i]]
		if id == noID {
			return dst[:n], false
		}
		dst = append(dst, id)
	}
	return dst, true
}

package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// unknownPenalty is how much worse than the worst token an unknown character is.
const unknownPenalty = 10

// unigram cuts a word into those tokens whose scores, logarithms of
// probabilities, have the greatest sum.
type unigram struct {
	vocabulary
	scores       []float64
	trie         *trie
	bytes        [256]int32
	unknown      int32 // noID for none
	unknownScore float64
	byteFallback bool
}

func readUnigram(o object) (model, error) {
	ids, scores, err := readScores(o.get("vocab"))
	if err != nil {
		return nil, err
	}
	m := &unigram{vocabulary: newVocabulary(ids), scores: scores, trie: newTrie(), unknown: noID}
	if unk := o.get("unk_id"); !unk.null() {
		if m.unknown, err = unk.id(); err != nil {
			return nil, err
		}
		if int(m.unknown) >= len(scores) {
			return nil, fmt.Errorf("%s: found %d, but there are %d tokens", unk.path, m.unknown, len(scores))
		}
	}
	if m.byteFallback, err = o.get("byte_fallback").flag(false); err != nil {
		return nil, err
	}
	m.unknownScore = math.Inf(1)
	for _, s := range scores {
		m.unknownScore = min(m.unknownScore, s)
	}
	m.unknownScore -= unknownPenalty
	for token, id := range ids {
		m.trie.add(token, id)
	}
	m.bytes = m.byteTokens()
	return m, nil
}

// readScores reads [["token", score], ...]; a token's id is its place, the last
// one where it stands there twice.
func readScores(n node) (map[string]int32, []float64, error) {
	var raw [][]json.RawMessage
	if err := n.read(&raw, `an array of ["token", score]`); err != nil {
		return nil, nil, err
	}
	ids, scores := make(map[string]int32, len(raw)), make([]float64, len(raw))
	for i, entry := range raw {
		path := fmt.Sprintf("%s[%d]", n.path, i)
		if len(entry) != 2 {
			return nil, nil, fmt.Errorf(`%s: found %d values, expected ["token", score]`, path, len(entry))
		}
		token, err := node{path + "[0]", entry[0]}.text()
		if err != nil {
			return nil, nil, err
		}
		score := node{path + "[1]", entry[1]}
		if err := score.read(&scores[i], "a number"); err != nil {
			return nil, nil, err
		}
		if scores[i], err = readFloat(string(score.raw)); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", score.path, err)
		}
		ids[token] = int32(i)
	}
	return ids, scores, nil
}

// tokens counts doubles too: the ids of added tokens begin behind all of them.
func (m *unigram) tokens() int  { return len(m.scores) }
func (m *unigram) maxID() int32 { return int32(len(m.scores)) - 1 }

// best is the best way to cut the word up to a place.
type best struct {
	score float64
	start int32 // of the last token; -1 where no way leads here
	id    int32
}

func (m *unigram) encode(dst []int32, word string) ([]int32, error) {
	ways := make([]best, len(word)+1)
	for i := range ways {
		ways[i].start = -1
	}
	for at, r := range word {
		here := ways[at].score
		size := utf8.RuneLen(r)
		known := false // whether the character is a token for itself
		node := int32(0)
		for end := at; end < len(word); end++ {
			next, ok := m.trie.edges[edge{node, word[end]}]
			if !ok {
				break
			}
			node = next
			id := m.trie.values[node]
			if id == noID {
				continue
			}
			ways[end+1].improve(here+m.scores[id], at, id)
			known = known || end+1-at == size
		}
		if !known {
			if ways[at+size].improve(here+m.unknownScore, at, m.unknown) && m.unknown == noID {
				return dst, fmt.Errorf("the text has %q, which is not in the vocabulary, and there is no unknown token", r)
			}
		}
	}
	return m.appendBest(dst, word, ways), nil
}

// improve takes a way to here if it is better than the best so far.
func (b *best) improve(score float64, start int, id int32) bool {
	if b.start >= 0 && !(score > b.score) {
		return false
	}
	*b = best{score, int32(start), id}
	return true
}

// appendBest walks the best way back, and appends its tokens in their order.
// Unknown characters in a row are one unknown token.
func (m *unigram) appendBest(dst []int32, word string, ways []best) []int32 {
	var cuts []cut
	for end := len(word); end > 0; {
		way := ways[end]
		unknown := way.id == m.unknown
		if n := len(cuts); unknown && n > 0 && cuts[n-1].delimiter {
			cuts[n-1].start = int(way.start)
		} else {
			cuts = append(cuts, cut{int(way.start), end, unknown})
		}
		end = int(way.start)
	}
	for i := len(cuts) - 1; i >= 0; i-- {
		dst = m.appendToken(dst, word[cuts[i].start:cuts[i].end])
	}
	return dst
}

func (m *unigram) appendToken(dst []int32, s string) []int32 {
	if id, ok := m.ids[s]; ok {
		return append(dst, id)
	}
	n := len(dst)
	for i := 0; i < len(s) && m.byteFallback; i++ {
		id := m.bytes[s[i]]
		if id == noID {
			dst = dst[:n]
			break
		}
		dst = append(dst, id)
	}
	if len(dst) > n {
		return dst
	}
	return append(dst, m.unknown)
}

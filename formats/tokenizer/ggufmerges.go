package tokenizer

import (
	"slices"
	"unicode/utf8"
)

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

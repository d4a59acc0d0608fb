// Package oniguruma matches the regular expressions of tokenizer.json files
// where the `tokenizers` package would: it splits text at them with the
// Oniguruma library, in its Ruby syntax.
//
// It supports what such files use: alternation, greedy, lazy and possessive
// quantifiers, atomic groups, look-ahead and look-behind, anchors, nested
// character classes with intersection, \p{...}, \s \d \w, and (?i) for ASCII
// letters. Everything else (captures to refer back to, conditionals, POSIX
// brackets, ...) is refused by Compile with an error that names it, never
// matched differently. Matching takes a bounded number of steps.
//
// Go's regexp has no look-ahead. github.com/dlclark/regexp2 v1.12.0 has it, but
// takes letters and numbers from Go's Unicode 15 where Oniguruma has 16 (4,924
// letters, 80 numbers and 744 symbols fewer), has a \w that differs on 5,894
// characters, misses the fold of (?i:s) to U+017F, and wants text as runes.
package oniguruma

import (
	"fmt"
	"strconv"
)

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	source string
	main   *program
}

// Span is a match's place in the text, in bytes: text[Start:End].
type Span struct{ Start, End int }

// Compile reads a pattern. An error says what is wrong or not supported, and
// at which byte of the pattern.
func Compile(pattern string) (*Regexp, error) {
	tree, err := parse(pattern)
	if err != nil {
		return nil, fmt.Errorf("regex %s: %w", strconv.Quote(pattern), err)
	}
	prog, err := compile(tree)
	if err != nil {
		return nil, fmt.Errorf("regex %s: %w", strconv.Quote(pattern), err)
	}
	return &Regexp{source: pattern, main: prog}, nil
}

// FindAll appends the matches in text, left to right, to dst. Matches don't
// overlap; an empty one is found except where the match before it ended, and
// none at all in an empty text, where `tokenizers` doesn't search. It fails where matching takes too many steps, which only a pathological pattern
// brings about.
func (re *Regexp) FindAll(dst []Span, text string) ([]Span, error) {
	if text == "" {
		return dst, nil
	}
	m := newMachine(text)
	last := -1 // where the last match ended
	for pos := 0; pos <= len(text); {
		start, end, ok, err := re.find(m, pos)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if start == end && end == last {
			pos += runeLen(text, pos)
			continue
		}
		dst = append(dst, Span{start, end})
		pos, last = end, end
	}
	return dst, nil
}

// find is the first match at pos or behind.
func (re *Regexp) find(m *machine, pos int) (start, end int, ok bool, err error) {
	for start = pos; ; start += runeLen(m.text, start) {
		end, ok = m.run(re.main, start, anywhere)
		if m.spent() {
			return 0, 0, false, fmt.Errorf("regex %s takes too many steps on this text", strconv.Quote(re.source))
		}
		if ok {
			return start, end, true, nil
		}
		if start >= len(m.text) {
			return 0, 0, false, nil
		}
	}
}

package ucd

import (
	"strings"
	"unicode"
)

// lowered are the code points that Rust's standard library lower-cases
// otherwise than Go's tables: those that Unicode 15.1 to 17 added or paired.
var lowered = [...]struct{ lo, hi, delta rune }{
	{0x1C89, 0x1C89, 1}, {0xA7CB, 0xA7CB, 0x264 - 0xA7CB}, {0xA7CC, 0xA7CC, 1},
	{0xA7CE, 0xA7CE, 1}, {0xA7D2, 0xA7D2, 1}, {0xA7D4, 0xA7D4, 1}, {0xA7DA, 0xA7DA, 1},
	{0xA7DC, 0xA7DC, 0x19B - 0xA7DC}, {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B},
}

// Lower is s with each character lower-cased for itself, as Rust's
// char::to_lowercase does: no final sigma, and a dotted capital I becomes two
// characters.
func Lower(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if r == 'İ' {
			b.WriteString("i̇")
			continue
		}
		b.WriteRune(lower(r))
	}
	return b.String()
}

func lower(r rune) rune {
	if r < lowered[0].lo {
		return unicode.ToLower(r)
	}
	for _, l := range lowered {
		if l.lo <= r && r <= l.hi {
			return r + l.delta
		}
	}
	return unicode.ToLower(r)
}

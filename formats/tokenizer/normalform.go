package tokenizer

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

// formNormalizer is one of Unicode's normal forms as `tokenizers` has it: that
// of Unicode 9, and without the limit of x/text, which puts a U+034F into runs
// of more than 30 combining characters.
type formNormalizer struct {
	form    norm.Form
	compose bool
}

func unicodeForm(name string) normalizer {
	switch name {
	case "NFC":
		return formNormalizer{norm.NFC, true}
	case "NFD":
		return formNormalizer{norm.NFD, false}
	case "NFKC":
		return formNormalizer{norm.NFKC, true}
	}
	return formNormalizer{norm.NFKD, false}
}

func (f formNormalizer) normalize(p piece) (piece, error) {
	return textNormalizer(f.text).normalize(p)
}

func (f formNormalizer) text(s string) string {
	if isASCII(s) {
		return s
	}
	var out []byte
	start := 0
	for i, r := range s {
		// A character that Unicode 9 lacks stands for itself: it neither changes
		// nor combines nor changes places.
		if r >= newer[0].Lo && newer.Contains(r) {
			out = f.appendForm(out, s[start:i])
			out = utf8.AppendRune(out, r)
			start = i + utf8.RuneLen(r)
		}
	}
	if start == 0 {
		return string(f.appendForm(nil, s))
	}
	return string(f.appendForm(out, s[start:]))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// maxMarks is how many combining characters in a row x/text can surely take: each
// may stand for two, and the character before them for three more.
const maxMarks = 13

func (f formNormalizer) appendForm(out []byte, s string) []byte {
	marks := 0
	for i, r := range s {
		if r < 0x300 || f.form.PropertiesString(s[i:]).CCC() == 0 {
			marks = 0
		} else if marks++; marks > maxMarks {
			return f.appendLong(out, s)
		}
	}
	return append(out, f.form.String(s)...) // form.Append would normalize across the seam
}

// char is a decomposed character and its canonical combining class.
type char struct {
	r     rune
	class uint8
}

// appendLong is Unicode's own algorithm: decompose, sort the combining
// characters by class, compose.
func (f formNormalizer) appendLong(out []byte, s string) []byte {
	decomposed := norm.NFD
	if f.form == norm.NFKC || f.form == norm.NFKD {
		decomposed = norm.NFKD
	}
	var chars []char
	for _, r := range s {
		for _, d := range decomposed.String(string(r)) {
			chars = append(chars, char{d, norm.NFD.PropertiesString(string(d)).CCC()})
		}
	}
	for i := 0; i < len(chars); {
		j := i
		for j < len(chars) && chars[j].class != 0 {
			j++
		}
		slices.SortStableFunc(chars[i:j], func(a, b char) int { return int(a.class) - int(b.class) })
		i = j + 1
	}
	if f.compose {
		chars = compose(chars)
	}
	for _, c := range chars {
		out = utf8.AppendRune(out, c.r)
	}
	return out
}

// compose joins each starter with what combines with it and isn't blocked.
func compose(chars []char) []char {
	var out []char
	starter, last := -1, uint8(0) // the place of the last starter, the class of the last kept character
	for _, c := range chars {
		adjacent := starter == len(out)-1
		if starter >= 0 && (adjacent || last < c.class) {
			if pair := []rune(norm.NFC.String(string([]rune{out[starter].r, c.r}))); len(pair) == 1 {
				out[starter].r = pair[0]
				continue
			}
		}
		if out, last = append(out, c), c.class; c.class == 0 {
			starter = len(out) - 1
		}
	}
	return out
}

// newer are the characters that came after Unicode 9 and that x/text decomposes,
// composes or reorders.
var newer = ucd.Set{
	{Lo: 0x7FD, Hi: 0x7FD}, {Lo: 0x898, Hi: 0x89F}, {Lo: 0x8CA, Hi: 0x8D3}, {Lo: 0x9FE, Hi: 0x9FE},
	{Lo: 0xC3C, Hi: 0xC3C}, {Lo: 0xD3B, Hi: 0xD3C}, {Lo: 0xEBA, Hi: 0xEBA}, {Lo: 0x1715, Hi: 0x1715},
	{Lo: 0x1ABF, Hi: 0x1ACE}, {Lo: 0x1DF6, Hi: 0x1DFA}, {Lo: 0x32FF, Hi: 0x32FF}, {Lo: 0xA7F2, Hi: 0xA7F4},
	{Lo: 0xA82C, Hi: 0xA82C}, {Lo: 0xAB69, Hi: 0xAB69}, {Lo: 0x10781, Hi: 0x10785}, {Lo: 0x10787, Hi: 0x107B0},
	{Lo: 0x107B2, Hi: 0x107BA}, {Lo: 0x10D24, Hi: 0x10D27}, {Lo: 0x10EAB, Hi: 0x10EAC}, {Lo: 0x10EFD, Hi: 0x10EFF},
	{Lo: 0x10F46, Hi: 0x10F50}, {Lo: 0x10F82, Hi: 0x10F85}, {Lo: 0x11070, Hi: 0x11070}, {Lo: 0x1133B, Hi: 0x1133B},
	{Lo: 0x1145E, Hi: 0x1145E}, {Lo: 0x11839, Hi: 0x1183A}, {Lo: 0x11930, Hi: 0x11930}, {Lo: 0x11938, Hi: 0x11938},
	{Lo: 0x1193D, Hi: 0x1193E}, {Lo: 0x11943, Hi: 0x11943}, {Lo: 0x119E0, Hi: 0x119E0}, {Lo: 0x11A34, Hi: 0x11A34},
	{Lo: 0x11A47, Hi: 0x11A47}, {Lo: 0x11A99, Hi: 0x11A99}, {Lo: 0x11D42, Hi: 0x11D42}, {Lo: 0x11D44, Hi: 0x11D45},
	{Lo: 0x11D97, Hi: 0x11D97}, {Lo: 0x11F41, Hi: 0x11F42}, {Lo: 0x16FF0, Hi: 0x16FF1}, {Lo: 0x1E030, Hi: 0x1E06D},
	{Lo: 0x1E08F, Hi: 0x1E08F}, {Lo: 0x1E130, Hi: 0x1E136}, {Lo: 0x1E2AE, Hi: 0x1E2AE}, {Lo: 0x1E2EC, Hi: 0x1E2EF},
	{Lo: 0x1E4EC, Hi: 0x1E4EF}, {Lo: 0x1F16C, Hi: 0x1F16C}, {Lo: 0x1FBF0, Hi: 0x1FBF9},
}

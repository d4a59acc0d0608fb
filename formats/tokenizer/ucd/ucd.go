package ucd

import (
	"strings"
	"unicode"
)

// run is a stretch of code points of one general category.
type run struct {
	lo       rune
	category string
}

// Category is the set of the code points whose general category, as Oniguruma
// has it, is name: "Lu", or "L" for all of Lu, Ll, Lt, Lm and Lo. The set is
// empty where there is no such category.
func Category(name string) Set {
	var out Set
	for i, r := range categoryRuns {
		if !strings.HasPrefix(r.category, name) || name == "" {
			continue
		}
		hi := rune(maxRune)
		if i+1 < len(categoryRuns) {
			hi = categoryRuns[i+1].lo - 1
		}
		if n := len(out); n > 0 && out[n-1].Hi == r.lo-1 {
			out[n-1].Hi = hi
			continue
		}
		out = append(out, Range{r.lo, hi})
	}
	return out
}

// Script is the set of a script's code points, empty where there is no such
// script. Scripts are Go's, which agree with Oniguruma's on Han, Hiragana,
// Katakana and Hangul but for the ideographs that Unicode 15.1 added.
func Script(name string) Set {
	table, ok := unicode.Scripts[name]
	if !ok {
		return nil
	}
	var all []Range
	for _, r := range table.R16 {
		all = appendStrided(all, rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	for _, r := range table.R32 {
		all = appendStrided(all, rune(r.Lo), rune(r.Hi), rune(r.Stride))
	}
	if name == "Han" {
		all = append(all, Range{0x2EBF0, 0x2EE5D})
	}
	return Of(all...)
}

func appendStrided(all []Range, lo, hi, stride rune) []Range {
	if stride == 1 {
		return append(all, Range{lo, hi})
	}
	for c := lo; c <= hi; c += stride {
		all = append(all, Range{c, c})
	}
	return all
}

// Space is Unicode's White_Space, which is the same in all versions since 6.3.
func Space() Set {
	return Of(Range{0x09, 0x0D}, Range{0x20, 0x20}, Range{0x85, 0x85}, Range{0xA0, 0xA0},
		Range{0x1680, 0x1680}, Range{0x2000, 0x200A}, Range{0x2028, 0x2029},
		Range{0x202F, 0x202F}, Range{0x205F, 0x205F}, Range{0x3000, 0x3000})
}

// Word is what Oniguruma's \w matches: letters, marks, digits, connectors, the
// circled and squared letters, and Latin-1's superscripts and fractions.
func Word() Set {
	return Letters().Union(Of(Range{0xB2, 0xB3}, Range{0xB9, 0xB9}, Range{0xBC, 0xBE}))
}

// RustWord is what \w matches in Rust's regex crate, by which `tokenizers`
// finds the ends of words: Letters with the two joiners.
func RustWord() Set { return Letters().Union(Set{{0x200C, 0x200D}}) }

// Letters is what \w matches inside Oniguruma's [...]: Word without the
// superscripts and fractions.
func Letters() Set {
	out := Of(Range{0x24B6, 0x24E9}, Range{0x1F130, 0x1F149}, Range{0x1F150, 0x1F169}, Range{0x1F170, 0x1F189})
	for _, name := range []string{"L", "M", "Nd", "Nl", "Pc"} {
		out = out.Union(Category(name))
	}
	return out
}

// Numeric is where the Digits pre-tokenizer splits: Rust's char::is_numeric,
// which is Unicode 17's.
func Numeric() Set {
	return Category("N").Union(Set{{0x11DE0, 0x11DE9}, {0x16FF4, 0x16FF6}})
}

// Punctuation is where the Punctuation pre-tokenizer splits: ASCII's symbols
// and punctuation, and Unicode 8's punctuation.
func Punctuation() Set { return punctuation }

// Accents is what the StripAccents normalizer removes: the marks of Unicode 9.
func Accents() Set { return accents }

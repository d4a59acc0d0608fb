package tokenizer

import (
	"strings"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/tokenizer/oniguruma"
)

// gpt2Split is the pattern of GPT-2, which the ByteLevel pre-tokenizer uses.
const gpt2Split = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// byteRune is the character that stands for byte b in a byte-level vocabulary:
// the Latin-1 character of that code where it is visible, else one of those
// from U+0100 on.
func byteRune(b byte) rune {
	switch {
	case b < 0x21:
		return 0x100 + rune(b)
	case b < 0x7F:
		return rune(b)
	case b < 0xA1:
		return 0x121 + rune(b) - 0x7F
	case b == 0xAD:
		return 0x143
	}
	return rune(b)
}

// runeByte is the byte that r stands for.
func runeByte(r rune) (byte, bool) {
	b := r
	switch {
	case r >= 0x100 && r < 0x121:
		b = r - 0x100
	case r >= 0x121 && r < 0x143:
		b = r - 0x121 + 0x7F
	case r == 0x143:
		b = 0xAD
	}
	if b < 0 || b > 0xFF || byteRune(byte(b)) != r {
		return 0, false
	}
	return byte(b), true
}

// toByteLevel spells s with a character for each byte.
func toByteLevel(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	for i := 0; i < len(s); i++ {
		b.WriteRune(byteRune(s[i]))
	}
	return b.String()
}

// fromByteLevel undoes toByteLevel; ok is false where s has a character that
// stands for no byte.
func fromByteLevel(dst []byte, s string) (out []byte, ok bool) {
	out = dst
	for _, r := range s {
		b, ok := runeByte(r)
		if !ok {
			return dst, false
		}
		out = append(out, b)
	}
	return out, true
}

// byteLevel is the pre-tokenizer that spells text by bytes, after GPT-2's split.
type byteLevel struct {
	prefixSpace bool
	regex       *oniguruma.Regexp // nil: no split
}

func readByteLevel(o object) (preTokenizer, error) {
	prefix, err := o.get("add_prefix_space").flag(true)
	if err != nil {
		return nil, err
	}
	useRegex, err := o.get("use_regex").flag(true)
	if err != nil || !useRegex {
		return byteLevel{prefixSpace: prefix}, err
	}
	re, err := oniguruma.Compile(gpt2Split)
	return byteLevel{prefix, re}, err
}

func (s byteLevel) split(in []piece) ([]piece, error) {
	out := make([]piece, 0, len(in))
	var spans []oniguruma.Span
	var cuts []cut
	for _, p := range in {
		if s.prefixSpace && p.text != "" && p.text[0] != ' ' {
			p, _ = prependNormalizer(" ").normalize(p)
		}
		cuts = append(cuts[:0], cut{end: len(p.text)})
		if s.regex != nil {
			var err error
			if spans, err = s.regex.FindAll(spans[:0], p.text); err != nil {
				return nil, err
			}
			cuts = cutsAt(cuts[:0], len(p.text), spans, false)
		}
		out = appendByteLevel(out, p, cuts)
	}
	return out, nil
}

// appendByteLevel spells all of p at once: one string instead of one a word.
func appendByteLevel(dst []piece, p piece, cuts []cut) []piece {
	spelled := piece{text: toByteLevel(p.text), id: noID, head: len(p.headText())}
	at := 0
	for _, c := range cuts {
		if c.start == c.end {
			continue
		}
		start := at
		for _, b := range []byte(p.text[c.start:c.end]) {
			at += utf8.RuneLen(byteRune(b))
		}
		dst = append(dst, spelled.from(start, at))
	}
	return dst
}

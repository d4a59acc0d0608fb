package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/tokenizer/oniguruma"
	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

// normalizer rewrites text before it is cut into words, and keeps count of the
// piece's head. Where the head is removed (by Strip, say), what is then in front
// no longer counts as the text's beginning: so it is in `tokenizers`.
type normalizer interface {
	normalize(p piece) (piece, error)
}

func readNormalizer(n node) (normalizer, error) {
	o, err := n.object()
	if err != nil {
		return nil, err
	}
	kind, err := o.kind()
	if err != nil {
		return nil, err
	}
	switch kind {
	case "Sequence":
		return readNormalizers(o.get("normalizers"))
	case "NFC", "NFD", "NFKC", "NFKD":
		return unicodeForm(kind), nil
	case "Lowercase":
		return textNormalizer(ucd.Lower), nil
	case "ByteLevel":
		return textNormalizer(toByteLevel), nil
	case "StripAccents":
		return mapNormalizer(func(r rune) rune {
			if ucd.Accents().Contains(r) {
				return removeRune
			}
			return r
		}), nil
	case "Nmt":
		return mapNormalizer(nmt), nil
	case "Strip":
		return readStrip(o)
	case "Prepend":
		s, err := o.get("prepend").text()
		return prependNormalizer(s), err
	case "Replace":
		return readReplace(o)
	case "Precompiled":
		return readPrecompiled(o.get("precompiled_charsmap"))
	}
	return nil, o.unsupported("normalizer", kind)
}

// normalizers run one behind the other.
type normalizers []normalizer

func readNormalizers(n node) (normalizer, error) {
	items, err := n.items()
	if err != nil {
		return nil, err
	}
	all := make(normalizers, len(items))
	for i, item := range items {
		if all[i], err = readNormalizer(item); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (all normalizers) normalize(p piece) (piece, error) {
	for _, n := range all {
		var err error
		if p, err = n.normalize(p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// textNormalizer rewrites characters and removes none.
type textNormalizer func(string) string

func (f textNormalizer) normalize(p piece) (piece, error) {
	text := f(p.text)
	if p.head > 0 {
		p.head = max(1, commonRunes(f(p.headText()), text))
	}
	p.text = text
	return p, nil
}

// commonRunes is how many characters a and b have in common in front.
func commonRunes(a, b string) int {
	n := 0
	for i, r := range a {
		if other, size := utf8.DecodeRuneInString(b[min(i, len(b)):]); size == 0 || r != other {
			break
		}
		n++
	}
	return n
}

// removeRune, from a mapNormalizer, removes the character.
const removeRune = -1

// mapNormalizer rewrites or removes each character for itself.
type mapNormalizer func(rune) rune

func (f mapNormalizer) normalize(p piece) (piece, error) {
	if p.head > 0 {
		p.head = utf8.RuneCountInString(strings.Map(f, p.headText()))
	}
	p.text = strings.Map(f, p.text)
	return p, nil
}

// nmt is the cleaning of Google's neural machine translation: control
// characters go, all sorts of space and invisible characters become spaces.
func nmt(r rune) rune {
	switch {
	case r >= 0x01 && r <= 0x08, r == 0x0B, r >= 0x0E && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
		return removeRune
	case r == 0x09, r == 0x0A, r == 0x0C, r == 0x0D, r == 0x1680, r >= 0x200B && r <= 0x200F,
		r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
		return ' '
	}
	return r
}

type stripNormalizer struct{ left, right bool }

func readStrip(o object) (normalizer, error) {
	left, err := o.get("strip_left").flag(true)
	if err != nil {
		return nil, err
	}
	right, err := o.get("strip_right").flag(true)
	return stripNormalizer{left, right}, err
}

func (s stripNormalizer) normalize(p piece) (piece, error) {
	if s.left {
		p = p.from(len(p.text)-len(strings.TrimLeftFunc(p.text, unicode.IsSpace)), len(p.text))
	}
	if s.right {
		p.text = strings.TrimRightFunc(p.text, unicode.IsSpace)
	}
	return p, nil
}

type prependNormalizer string

func (s prependNormalizer) normalize(p piece) (piece, error) {
	if p.text != "" {
		p.text = string(s) + p.text
		if p.head > 0 {
			p.head += utf8.RuneCountInString(string(s))
		}
	}
	return p, nil
}

type replaceNormalizer struct {
	pattern pattern
	content string
}

func readReplace(o object) (normalizer, error) {
	pat, err := readPattern(o.get("pattern"))
	if err != nil {
		return nil, err
	}
	content, err := o.get("content").text()
	return replaceNormalizer{pat, content}, err
}

func (r replaceNormalizer) normalize(p piece) (piece, error) {
	spans, err := r.pattern.findAll(nil, p.text)
	if err != nil || len(spans) == 0 {
		return p, err
	}
	p.head = r.newHead(p, spans)
	p.text = replaceSpans(p.text, spans, r.content)
	return p, nil
}

// newHead is the head behind a replacement: what replaces several characters
// stands at the place of the last one.
func (r replaceNormalizer) newHead(p piece, spans []oniguruma.Span) int {
	if p.head == 0 {
		return 0
	}
	head, done := len(p.headText()), 0
	kept := 0
	for _, s := range spans {
		if s.Start >= head {
			break
		}
		kept += utf8.RuneCountInString(p.text[done:s.Start])
		if s.End <= head {
			kept += utf8.RuneCountInString(r.content)
		}
		done = s.End
	}
	if done < head {
		kept += utf8.RuneCountInString(p.text[done:head])
	}
	return kept
}

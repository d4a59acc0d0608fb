package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/tokenizer/oniguruma"
	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

// preTokenizer cuts pieces of text into smaller ones, and may rewrite them.
type preTokenizer interface {
	split(in []piece) ([]piece, error)
}

func readPreTokenizer(n node) (preTokenizer, error) {
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
		return readPreTokenizers(o.get("pretokenizers"))
	case "ByteLevel":
		return readByteLevel(o)
	case "Split":
		return readSplit(o)
	case "Metaspace":
		return readMetaspace(o)
	case "Digits":
		each, err := o.get("individual_digits").flag(false)
		how := contiguous
		if each {
			how = isolated
		}
		return charSplitter{ucd.Numeric().Contains, how}, err
	case "Punctuation":
		how := isolated
		if b := o.get("behavior"); !b.null() {
			how, err = readBehavior(b)
		}
		return charSplitter{ucd.Punctuation().Contains, how}, err
	case "Whitespace":
		return wordSplitter{ucd.RustWord()}, nil
	case "WhitespaceSplit":
		return charSplitter{unicode.IsSpace, removed}, nil
	}
	return nil, o.unsupported("pre-tokenizer", kind)
}

// preTokenizers run one behind the other.
type preTokenizers []preTokenizer

func readPreTokenizers(n node) (preTokenizer, error) {
	items, err := n.items()
	if err != nil {
		return nil, err
	}
	all := make(preTokenizers, len(items))
	for i, item := range items {
		if all[i], err = readPreTokenizer(item); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (all preTokenizers) split(in []piece) ([]piece, error) {
	for _, p := range all {
		var err error
		if in, err = p.split(in); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// patternSplitter cuts text at a pattern's matches.
type patternSplitter struct {
	pattern pattern
	how     behavior
	invert  bool // the matches are what is kept, the rest is the delimiter
}

func readSplit(o object) (preTokenizer, error) {
	pat, err := readPattern(o.get("pattern"))
	if err != nil {
		return nil, err
	}
	how, err := readBehavior(o.get("behavior"))
	if err != nil {
		return nil, err
	}
	invert, err := o.get("invert").flag(false)
	return patternSplitter{pat, how, invert}, err
}

func (s patternSplitter) split(in []piece) ([]piece, error) {
	out := make([]piece, 0, 2*len(in))
	var spans []oniguruma.Span
	var cuts []cut
	for _, p := range in {
		var err error
		if spans, err = s.pattern.findAll(spans[:0], p.text); err != nil {
			return nil, err
		}
		cuts = cutsAt(cuts[:0], len(p.text), spans, s.invert)
		out = appendPieces(out, p, s.how.apply(cuts))
	}
	return out, nil
}

// charSplitter cuts text at the characters of a class.
type charSplitter struct {
	in  func(rune) bool
	how behavior
}

func (s charSplitter) split(in []piece) ([]piece, error) {
	var out []piece
	var spans []oniguruma.Span
	for _, p := range in {
		spans = spans[:0]
		for i, r := range p.text {
			if s.in(r) {
				spans = append(spans, oniguruma.Span{Start: i, End: i + utf8.RuneLen(r)})
			}
		}
		out = appendPieces(out, p, s.how.apply(cutsAt(nil, len(p.text), spans, false)))
	}
	return out, nil
}

// wordSplitter is `\w+|[^\w\s]+`: words, and what stands between spaces else.
type wordSplitter struct{ word ucd.Set }

func (s wordSplitter) split(in []piece) ([]piece, error) {
	const (
		space = iota
		word
		other
	)
	var out []piece
	for _, p := range in {
		start, last := 0, space
		for i, r := range p.text + " " {
			now := other
			switch {
			case unicode.IsSpace(r):
				now = space
			case s.word.Contains(r):
				now = word
			}
			if now == last {
				continue
			}
			if last != space {
				out = append(out, p.from(start, i))
			}
			start, last = i, now
		}
	}
	return out, nil
}

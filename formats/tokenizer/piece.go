package tokenizer

import "unicode/utf8"

// noID stands where there is no id.
const noID = -1

// piece is a part of the text on its way through the stages: text, or the id of
// an added token that was found in it.
type piece struct {
	text string
	id   int32 // noID for text
	// head is how many characters in front stand for the first character of the
	// whole text: 1 at its beginning, more where a normalizer made several of it,
	// 0 elsewhere. Metaspace's prepend_scheme "first" depends on it.
	head int
}

// from is the part of a text piece from byte start to end.
func (p piece) from(start, end int) piece {
	head := p.head
	if start >= head*utf8.UTFMax {
		head = 0
	} else if start > 0 {
		head = max(0, head-utf8.RuneCountInString(p.text[:start]))
	}
	return piece{text: p.text[start:end], id: noID, head: head}
}

// headText is the characters that head counts.
func (p piece) headText() string {
	n := 0
	for i := range p.text {
		if n == p.head {
			return p.text[:i]
		}
		n++
	}
	return p.text
}

package tokenizer

import "strings"

// Stream turns ids into text as they come. What it gives is text that later ids don't
// change: it ends with no character whose bytes are still to come. Put together it is
// what Decode makes of all ids, behind the context, without special tokens.
type Stream struct {
	tokenizer *Tokenizer
	// ids are those last given as text, then those not given yet. The first are there
	// because a token's text may depend on what is before it.
	ids   []int32
	given int
	text  string // of the first
}

// contextIDs is how many ids of what comes before a stream are looked at.
const contextIDs = 8

// NewStream begins a stream of ids that follow others: the prompt, say.
func (t *Tokenizer) NewStream(context []int32) (*Stream, error) {
	s := &Stream{tokenizer: t}
	s.ids = append(s.ids, context[max(0, len(context)-contextIDs):]...)
	return s, s.move()
}

// move makes all ids given ones.
func (s *Stream) move() error {
	s.ids = append([]int32(nil), s.ids[s.given:]...)
	s.given = len(s.ids)
	var err error
	s.text, err = s.tokenizer.Decode(s.ids, true)
	return err
}

// Next takes an id and returns the text that is complete with it, which may be none.
func (s *Stream) Next(id int32) (string, error) {
	s.ids = append(s.ids, id)
	text, err := s.rest()
	if err != nil || text == "" || strings.HasSuffix(text, "\uFFFD") {
		return "", err
	}
	return text, s.move()
}

// End returns the text of the ids that are left, with U+FFFD for bytes that make no
// character.
func (s *Stream) End() (string, error) {
	text, err := s.rest()
	if err != nil {
		return "", err
	}
	return text, s.move()
}

// rest is the text of the ids not given yet.
func (s *Stream) rest() (string, error) {
	text, err := s.tokenizer.Decode(s.ids, true)
	// A decoder may write the first ids otherwise when others follow.
	return text[min(len(text), len(commonPrefix(text, s.text))):], err
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

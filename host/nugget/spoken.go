package main

import (
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// spoken is the text of what is said behind one prompt, as it comes.
type spoken struct {
	ends    []int32
	stream  *tokenizer.Stream // nil: there is no text
	stopper stopper
	all     strings.Builder
	tokens  int
	over    bool
}

// take takes in a token and hands on the text that is certain with it. end says that
// nothing more is wanted.
func (s *spoken) take(token int32, heard func(string) error) (end bool, err error) {
	s.tokens++
	if s.over = slices.Contains(s.ends, token); s.over || s.stream == nil {
		return s.over, nil
	}
	part, err := s.stream.Next(token)
	if err != nil {
		return false, err
	}
	part, s.over = s.stopper.next(part)
	if s.over {
		s.stream = nil // what it holds back comes behind the stop text
	}
	s.all.WriteString(part)
	return s.over, heard(part)
}

// finish hands on what was held back.
func (s *spoken) finish(heard func(string) error) error {
	if s.stream == nil {
		return nil
	}
	part, err := s.stream.End()
	if err != nil {
		return err
	}
	part, over := s.stopper.next(part)
	if !over {
		part += s.stopper.end()
	}
	s.all.WriteString(part)
	return heard(part)
}

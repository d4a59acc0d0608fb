package main

import "strings"

// stopper cuts text that comes in parts at the first of some stop texts.
type stopper struct {
	stops []string
	held  string // what may be the beginning of a stop text
}

// next takes a part and returns what is certain to come before any stop text. stopped
// says that one has come: nothing behind it counts.
func (s *stopper) next(part string) (text string, stopped bool) {
	s.held += part
	first := -1
	for _, stop := range s.stops {
		if at := strings.Index(s.held, stop); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	if first >= 0 {
		text, s.held = s.held[:first], ""
		return text, true
	}
	keep := 0
	for _, stop := range s.stops {
		for n := min(len(stop)-1, len(s.held)); n > keep; n-- {
			if strings.HasSuffix(s.held, stop[:n]) {
				keep = n
			}
		}
	}
	text, s.held = s.held[:len(s.held)-keep], s.held[len(s.held)-keep:]
	return text, false
}

// end returns what is left when no more comes.
func (s *stopper) end() string {
	text := s.held
	s.held = ""
	return text
}

package tokenizer

import (
	"fmt"

	"github.com/neuralnuggets/nugget/formats/tokenizer/oniguruma"
)

// behavior says what becomes of the delimiters that text is cut at.
type behavior uint8

const (
	removed            behavior = iota
	isolated                    // each is a piece
	mergedWithPrevious          // part of the piece before
	mergedWithNext              // part of the piece behind
	contiguous                  // neighbours are one piece
)

func readBehavior(n node) (behavior, error) {
	s, err := n.text()
	if err != nil {
		return 0, err
	}
	switch s {
	case "Removed":
		return removed, nil
	case "Isolated":
		return isolated, nil
	case "MergedWithPrevious":
		return mergedWithPrevious, nil
	case "MergedWithNext":
		return mergedWithNext, nil
	case "Contiguous":
		return contiguous, nil
	}
	return 0, fmt.Errorf("%s: the behavior %q is not supported", n.path, s)
}

// cut is a part of a text, a delimiter or what is between two.
type cut struct {
	start, end int
	delimiter  bool
}

// cutsAt appends the parts of a text of n bytes with delimiters at spans; with
// invert, the spans are what is between delimiters.
func cutsAt(dst []cut, n int, spans []oniguruma.Span, invert bool) []cut {
	done := 0
	for _, s := range spans {
		if done != s.Start {
			dst = append(dst, cut{done, s.Start, invert})
		}
		dst = append(dst, cut{s.Start, s.End, !invert})
		done = s.End
	}
	if done != n {
		dst = append(dst, cut{done, n, invert})
	}
	return dst
}

// apply joins or drops cuts, in place.
func (b behavior) apply(cuts []cut) []cut {
	out := cuts[:0]
	switch b {
	case isolated:
		return cuts
	case removed:
		for _, c := range cuts {
			if !c.delimiter {
				out = append(out, c)
			}
		}
	case contiguous, mergedWithPrevious:
		last := false // whether the cut before was a delimiter
		for _, c := range cuts {
			join := c.delimiter && !last
			if b == contiguous {
				join = c.delimiter == last
			}
			if last = c.delimiter; join && len(out) > 0 {
				out[len(out)-1].end = c.end
			} else {
				out = append(out, c)
			}
		}
	case mergedWithNext:
		// A delimiter joins what is behind it, unless that is a delimiter too.
		for i, c := range cuts {
			if n := len(out); n > 0 && i > 0 && cuts[i-1].delimiter && !c.delimiter {
				out[n-1].end = c.end
			} else {
				out = append(out, c)
			}
		}
	}
	return out
}

// appendPieces appends the parts of p that aren't empty.
func appendPieces(dst []piece, p piece, cuts []cut) []piece {
	for _, c := range cuts {
		if c.start < c.end {
			dst = append(dst, p.from(c.start, c.end))
		}
	}
	return dst
}

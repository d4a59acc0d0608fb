package oniguruma

import "github.com/neuralnuggets/nugget/formats/tokenizer/ucd"

// node is a pattern's syntax tree: one of the types below.
type node interface{}

type (
	// oneOf matches one character of a set.
	oneOf struct{ set ucd.Set }
	// sequence matches its parts one behind the other.
	sequence struct{ parts []node }
	// choice matches the first of its branches that lets the rest match.
	choice struct{ branches []node }
	// repeat matches its body min to max times; max is unbounded where < 0.
	repeat struct {
		body     node
		min, max int
		mode     mode
	}
	// look matches nothing where its body matches ahead (or behind), or doesn't.
	look struct {
		body           node
		behind, negate bool
	}
	// atomic matches its body, and never tries another way once it is through.
	atomic struct{ body node }
	// anchor matches nothing at a certain kind of place.
	anchor struct{ kind anchorKind }
)

type mode uint8

const (
	greedy mode = iota
	lazy
	possessive
)

type anchorKind uint8

const (
	textStart   anchorKind = iota // \A
	textEnd                       // \z
	lastLine                      // \Z: the end, or before the last newline
	lineStart                     // ^, always of lines in Ruby's syntax
	lineEnd                       // $
	wordEdge                      // \b
	notWordEdge                   // \B
)

const unbounded = -1

// widths is the least and the greatest number of characters that n matches.
func widths(n node) (lo, hi int) {
	switch n := n.(type) {
	case oneOf:
		return 1, 1
	case sequence:
		for _, part := range n.parts {
			l, h := widths(part)
			lo, hi = lo+l, addWidth(hi, h)
		}
		return lo, hi
	case choice:
		lo, hi = widths(n.branches[0])
		for _, b := range n.branches[1:] {
			l, h := widths(b)
			lo = min(lo, l)
			if h == unbounded || hi == unbounded {
				hi = unbounded
			} else {
				hi = max(hi, h)
			}
		}
		return lo, hi
	case repeat:
		l, h := widths(n.body)
		if n.max == unbounded || h == unbounded {
			return l * n.min, unbounded
		}
		return l * n.min, h * n.max
	case atomic:
		return widths(n.body)
	}
	return 0, 0
}

func addWidth(a, b int) int {
	if a == unbounded || b == unbounded {
		return unbounded
	}
	return a + b
}

package chat

import (
	"strings"
	"unicode/utf8"
)

// span is the part of a string that a method looks at.
type span struct {
	text   string
	before int64 // characters before it
	none   bool  // it begins behind the end, so that not even "" is in it
}

// within takes the second and third argument, which bound the part of s that is
// looked at, and leaves the first.
func (a *args) within(s string) (span, *args, error) {
	if len(a.pos) < 2 {
		return span{text: s}, a, nil
	}
	if len(a.pos) > 3 {
		return span{}, nil, failf("the method takes at most 3 arguments, not %d", len(a.pos))
	}
	runes := []rune(s)
	size := int64(len(runes))
	bounds := []int64{0, size}
	for i, v := range a.pos[1:] {
		if v == nil {
			continue
		}
		n, ok := wholeNumber(v)
		if !ok {
			return span{}, nil, failf("%s can't bound a str", describe(v))
		}
		if n < 0 {
			n = max(n+size, 0)
		}
		bounds[i] = n
	}
	from, to := bounds[0], min(bounds[1], size)
	first := &args{pos: a.pos[:1]}
	if from > to {
		return span{none: true}, first, nil
	}
	return span{text: string(runes[from:to]), before: from}, first, nil
}

func count(_ *run, s string, a *args) (any, error) {
	within, a, err := a.within(s)
	if err != nil {
		return nil, err
	}
	part, err := a.text("str.count")
	if within.none {
		return int64(0), err
	}
	return int64(strings.Count(within.text, part)), err
}

// affix tells whether s has a prefix or suffix, or one of a tuple of them.
func affix(has func(s, part string) bool) textMethod {
	return func(_ *run, s string, a *args) (any, error) {
		within, a, err := a.within(s)
		if err != nil {
			return nil, err
		}
		has := func(s, part string) bool { return !within.none && has(s, part) }
		s = within.text
		if len(a.pos) == 1 {
			if l, ok := a.pos[0].(*list); ok && l.kind == aTuple {
				for _, v := range l.items {
					if part, ok := text(v); ok && has(s, part) {
						return true, nil
					}
				}
				return false, nil
			}
		}
		part, err := a.text("str.startswith or endswith")
		return has(s, part), err
	}
}

// finder gives a position in characters; where there is none, -1 or an error.
func finder(find func(s, part string) int, lenient bool) textMethod {
	return func(_ *run, s string, a *args) (any, error) {
		within, a, err := a.within(s)
		if err != nil {
			return nil, err
		}
		part, err := a.text("str.find or index")
		if err != nil {
			return nil, err
		}
		i := find(within.text, part)
		if i < 0 || within.none {
			if lenient {
				return int64(-1), nil
			}
			return nil, failf("%s is not in the str", quote(part))
		}
		return within.before + int64(utf8.RuneCountInString(within.text[:i])), nil
	}
}

package chat

import (
	"strings"
	"unicode/utf8"
)

// textMethod is a method of strings that takes arguments.
type textMethod = func(r *run, s string, a *args) (any, error)

// argMethod is the method of that name that takes arguments, or nil.
func argMethod(name string) textMethod {
	switch name {
	case "strip":
		return trimmer(strings.TrimFunc)
	case "lstrip":
		return trimmer(strings.TrimLeftFunc)
	case "rstrip":
		return trimmer(strings.TrimRightFunc)
	case "startswith":
		return affix(strings.HasPrefix)
	case "endswith":
		return affix(strings.HasSuffix)
	case "removeprefix":
		return remove(strings.TrimPrefix)
	case "removesuffix":
		return remove(strings.TrimSuffix)
	case "split":
		return splitter(false)
	case "rsplit":
		return splitter(true)
	case "partition":
		return partition(false)
	case "rpartition":
		return partition(true)
	case "find", "index":
		return finder(strings.Index, name == "find")
	case "rfind", "rindex":
		return finder(strings.LastIndex, name == "rfind")
	case "count":
		return count
	case "splitlines":
		return splitLines
	case "replace":
		return replace
	case "join":
		return join
	}
	return nil
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

func splitLines(r *run, s string, a *args) (any, error) {
	v, err := a.bind("str.splitlines", "keepends")
	if err != nil {
		return nil, err
	}
	items := lines(s, v[0] != absent && truth(v[0]))
	return newList(items...), r.spend(stepWork * len(items))
}

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

func join(r *run, s string, a *args) (any, error) {
	v, err := a.bind("str.join", "iterable")
	if err != nil {
		return nil, err
	}
	items, err := elements(r, v[0])
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if _, ok := text(item); !ok {
			return nil, failf("str.join needs strings, not %s", describe(item))
		}
	}
	return joinItems(r, s, items)
}

// text is the only argument of a method, a string.
func (a *args) text(what string) (string, error) {
	if len(a.pos) == 1 && len(a.named) == 0 {
		if s, ok := text(a.pos[0]); ok {
			return s, nil
		}
	}
	return "", failf("%s needs one str", what)
}

// trimmer trims white space, or the characters of the argument.
func trimmer(trim func(string, func(rune) bool) string) textMethod {
	return func(r *run, s string, a *args) (any, error) {
		v, err := a.bind("str.strip", "chars")
		if err != nil {
			return nil, err
		}
		if v[0] == absent || v[0] == nil {
			return trim(s, isSpace), nil
		}
		set, ok := text(v[0])
		if !ok {
			return nil, failf("str.strip needs a str, not %s", describe(v[0]))
		}
		chars := map[rune]bool{}
		for _, c := range set {
			chars[c] = true
		}
		return trim(s, func(c rune) bool { return chars[c] }), r.spend(len(set))
	}
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

func remove(trim func(s, part string) string) textMethod {
	return func(_ *run, s string, a *args) (any, error) {
		part, err := a.text("str.removeprefix or removesuffix")
		return trim(s, part), err
	}
}

func partition(fromRight bool) textMethod {
	return func(_ *run, s string, a *args) (any, error) {
		part, err := a.text("str.partition")
		if err != nil {
			return nil, err
		}
		if part == "" {
			return nil, failf("the separator is empty")
		}
		i := strings.Index(s, part)
		if fromRight {
			i = strings.LastIndex(s, part)
		}
		switch {
		case i >= 0:
			return newTuple(s[:i], part, s[i+len(part):]), nil
		case fromRight:
			return newTuple("", "", s), nil
		}
		return newTuple(s, "", ""), nil
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

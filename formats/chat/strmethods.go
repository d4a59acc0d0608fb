package chat

import "strings"

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

func splitLines(r *run, s string, a *args) (any, error) {
	v, err := a.bind("str.splitlines", "keepends")
	if err != nil {
		return nil, err
	}
	items := lines(s, v[0] != absent && truth(v[0]))
	return newList(items...), r.spend(stepWork * len(items))
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

package chat

import (
	"slices"
	"strings"
	"unicode/utf8"
)

func splitter(fromRight bool) textMethod {
	return func(r *run, s string, a *args) (any, error) { return split(r, s, a, fromRight) }
}

// split cuts s at a separator, or at white space; from the right with fromRight.
func split(r *run, s string, a *args, fromRight bool) (any, error) {
	v, err := a.bind("str.split", "sep", "maxsplit")
	if err != nil {
		return nil, err
	}
	most := int64(-1)
	if v[1] != absent {
		n, ok := wholeNumber(v[1])
		if !ok {
			return nil, failf("str.split's maxsplit is %s", describe(v[1]))
		}
		most = n
	}
	var parts []string
	if v[0] == absent || v[0] == nil {
		parts = splitSpace(s, most, fromRight)
	} else {
		sep, ok := text(v[0])
		if !ok || sep == "" {
			return nil, failf("str.split needs a separator that is a str and not empty")
		}
		parts = splitAt(s, sep, most, fromRight)
	}
	items := make([]any, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return newList(items...), r.spend(stepWork * len(parts))
}

// splitAt cuts s at sep, at most so many times; a negative number is no limit.
func splitAt(s, sep string, most int64, fromRight bool) []string {
	if most < 0 || most >= int64(len(s)) {
		return strings.Split(s, sep)
	}
	if !fromRight {
		return strings.SplitN(s, sep, int(most)+1)
	}
	var parts []string
	for ; most > 0; most-- {
		i := strings.LastIndex(s, sep)
		if i < 0 {
			break
		}
		parts = append(parts, s[i+len(sep):])
		s = s[:i]
	}
	parts = append(parts, s)
	slices.Reverse(parts)
	return parts
}

// splitSpace cuts s at runs of white space, which never leave an empty part.
func splitSpace(s string, most int64, fromRight bool) []string {
	if most < 0 {
		return strings.FieldsFunc(s, isSpace)
	}
	var parts []string
	for {
		if fromRight {
			s = strings.TrimRightFunc(s, isSpace)
		} else {
			s = strings.TrimLeftFunc(s, isSpace)
		}
		if s == "" {
			break
		}
		i := strings.IndexFunc(s, isSpace)
		if fromRight {
			i = strings.LastIndexFunc(s, isSpace)
		}
		if i < 0 || most == 0 {
			parts = append(parts, s)
			break
		}
		most--
		if fromRight {
			_, n := utf8.DecodeRuneInString(s[i:])
			parts = append(parts, s[i+n:])
			s = s[:i]
		} else {
			parts = append(parts, s[:i])
			s = s[i:]
		}
	}
	if fromRight {
		slices.Reverse(parts)
	}
	return parts
}

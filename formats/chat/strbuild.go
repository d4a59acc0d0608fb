package chat

import (
	"strings"
	"unicode/utf8"
)

// replace is str.replace and the filter of that name.
func replace(r *run, s string, a *args) (any, error) {
	v, err := a.bind("replace", "old", "new", "count")
	if err != nil {
		return nil, err
	}
	from, ok1 := text(v[0])
	to, ok2 := text(v[1])
	if !ok1 || !ok2 {
		return nil, failf("replace needs two strings")
	}
	count := int64(-1)
	if v[2] != absent && v[2] != nil {
		var ok bool
		if count, ok = wholeNumber(v[2]); !ok {
			return nil, failf("the count of replace is %s", describe(v[2]))
		}
	}
	n := strings.Count(s, from)
	if count >= 0 {
		n = int(min(int64(n), count))
	}
	if grow := len(to) - len(from); grow > 0 && n > maxOutput/grow {
		return nil, r.str(maxOutput + 1)
	}
	if err := r.str(len(s) + n*(len(to)-len(from))); err != nil {
		return nil, err
	}
	return strings.Replace(s, from, to, n), nil
}

// joinItems prints items with sep between them.
func joinItems(r *run, sep string, items []any) (any, error) {
	w := &output{run: r}
	for i, item := range items {
		if i > 0 {
			if err := w.write(sep); err != nil {
				return nil, err
			}
		}
		s, err := str(r, item)
		if err != nil {
			return nil, err
		}
		if err := w.write(s); err != nil {
			return nil, err
		}
	}
	return w.String(), nil
}

// Where pad puts the fill.
const (
	before = iota
	after
	around
	zeros // before, but behind a sign
)

func padder(where int) textMethod {
	return func(r *run, s string, a *args) (any, error) { return pad(r, s, a, where) }
}

func pad(r *run, s string, a *args, where int) (any, error) {
	v, err := a.bind("padding", "width", "fillchar")
	if err != nil {
		return nil, err
	}
	width, ok := wholeNumber(v[0])
	if !ok {
		return nil, failf("padding needs a width")
	}
	fill := " "
	if where == zeros {
		fill = "0"
	}
	if v[1] != absent {
		if fill, ok = text(v[1]); !ok || utf8.RuneCountInString(fill) != 1 {
			return nil, failf("padding fills with one character")
		}
	}
	n := width - int64(utf8.RuneCountInString(s))
	if n <= 0 {
		return s, nil
	}
	if n > maxOutput {
		return nil, r.str(maxOutput + 1)
	}
	if err := r.str(len(s) + int(n)*len(fill)); err != nil {
		return nil, err
	}
	switch where {
	case before:
		return strings.Repeat(fill, int(n)) + s, nil
	case after:
		return s + strings.Repeat(fill, int(n)), nil
	case zeros:
		sign := signAt(s, 0)
		return sign + strings.Repeat(fill, int(n)) + s[len(sign):], nil
	}
	// Python puts the odd one on the left when the width is odd.
	left := n/2 + n&width&1
	return strings.Repeat(fill, int(left)) + s + strings.Repeat(fill, int(n-left)), nil
}

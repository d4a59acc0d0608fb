package chat

import (
	"slices"
	"strings"
)

// attributeOf gives the part of an item that a dotted path names, as in "a.b.0"; a
// path that is absent or None names the item.
func attributeOf(r *run, path, v any) (any, error) {
	if path == absent || path == nil {
		return v, nil
	}
	if _, ok := wholeNumber(path); ok {
		return item(r, v, path)
	}
	name, ok := text(path)
	if !ok {
		return nil, failf("the name of an attribute is %s", describe(path))
	}
	for part := range strings.SplitSeq(name, ".") {
		var key any = part
		if n, ok := parseInt(part, 10); ok && n >= 0 {
			key = n
		}
		var err error
		if v, err = item(r, v, key); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func reverseFilter(r *run, v any) (any, error) {
	if l, ok := v.(*list); ok && l.kind == aGenerator {
		v = newList(l.items...)
		l.read = true
	}
	items, err := elements(r, v)
	if err != nil {
		return nil, err
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	if _, ok := text(v); ok {
		return joinItems(r, "", items)
	}
	return &list{kind: aGenerator, items: items}, nil
}

func joinFilter(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("join", "d", "attribute")
	if err != nil {
		return nil, err
	}
	sep := ""
	if opts[0] != absent {
		if sep, err = str(r, opts[0]); err != nil {
			return nil, err
		}
	}
	items, err := elements(r, v)
	if err != nil {
		return nil, err
	}
	parts := make([]any, len(items))
	for i, it := range items {
		if parts[i], err = attributeOf(r, opts[1], it); err != nil {
			return nil, err
		}
	}
	return joinItems(r, sep, parts)
}

// indentFilter indents the lines behind the first; with first that one too, with
// blank also empty ones.
func indentFilter(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("indent", "width", "first", "blank")
	if err != nil {
		return nil, err
	}
	by := "    "
	if s, ok := text(opts[0]); ok {
		by = s
	} else if n, ok := wholeNumber(opts[0]); ok {
		if n > 1000 {
			return nil, failf("indent by %d is too wide", n)
		}
		by = strings.Repeat(" ", int(max(n, 0)))
	} else if opts[0] != absent {
		return nil, failf("indent needs a width, not %s", describe(opts[0]))
	}
	given := func(i int) bool { return opts[i] != absent && truth(opts[i]) }
	s, ok := text(v)
	if !ok {
		return nil, failf("%s can't be indented", describe(v))
	}
	w := &output{run: r}
	for i, l := range lines(s+"\n", false) {
		l := l.(string)
		if i > 0 {
			l = "\n" + l
		}
		indent := i == 0 && given(1) || i > 0 && (given(2) || l != "\n")
		if indent && i == 0 {
			l = by + l
		} else if indent {
			l = "\n" + by + l[1:]
		}
		if err := w.write(l); err != nil {
			return nil, err
		}
	}
	return w.String(), nil
}

// elementsOrNone takes what is false, such as None or 0, as no elements, which the
// filters that pick from a list do.
func elementsOrNone(r *run, v any) ([]any, error) {
	if !truth(v) {
		return nil, nil
	}
	return elements(r, v)
}

// mapFilter applies a filter to each item, or takes an attribute of each.
func mapFilter(r *run, v any, a *args) (any, error) {
	items, err := elementsOrNone(r, v)
	if err != nil {
		return nil, err
	}
	out := &list{kind: aGenerator, items: make([]any, len(items))}
	if len(a.pos) == 0 && len(a.named) > 0 {
		opts, err := a.bind("map", "attribute", "default")
		if err != nil {
			return nil, err
		}
		for i, it := range items {
			if out.items[i], err = attributeOf(r, opts[0], it); err != nil {
				return nil, err
			}
			if _, ok := out.items[i].(undefined); ok && opts[1] != absent {
				out.items[i] = opts[1]
			}
		}
		return out, nil
	}
	if len(a.pos) == 0 {
		return nil, failf("map needs a filter or an attribute")
	}
	name, _ := text(a.pos[0])
	for i, it := range items {
		rest := &args{pos: slices.Clone(a.pos[1:]), named: a.named}
		if out.items[i], err = filter(r, name, it, rest); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// selector keeps the items, or those with an attribute, that pass a test; or those
// that don't. Without a test it asks for truth.
func selector(byAttr, want bool) filterFunc {
	return func(r *run, v any, a *args) (any, error) {
		items, err := elementsOrNone(r, v)
		if err != nil {
			return nil, err
		}
		path, rest := absent, a.pos
		if byAttr {
			if len(rest) == 0 {
				return nil, failf("selectattr and rejectattr need an attribute")
			}
			path, rest = rest[0], rest[1:]
		}
		out := &list{kind: aGenerator}
		for _, it := range items {
			of, err := attributeOf(r, path, it)
			if err != nil {
				return nil, err
			}
			ok := truth(of)
			if len(rest) > 0 {
				name, _ := text(rest[0])
				if ok, err = test(r, name, of, &args{pos: rest[1:], named: a.named}); err != nil {
					return nil, err
				}
			}
			if ok == want {
				out.items = append(out.items, it)
			}
		}
		return out, nil
	}
}

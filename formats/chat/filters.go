package chat

import "strings"

// filterFunc is a filter: what v | name(args) gives.
type filterFunc func(r *run, v any, a *args) (any, error)

func filter(r *run, name string, v any, a *args) (any, error) {
	if err := r.spend(stepWork); err != nil {
		return nil, err
	}
	f := filterNamed(name)
	if f == nil {
		return nil, failf("there is no filter named %s", name)
	}
	return f(r, v, a)
}

func filterNamed(name string) filterFunc {
	switch name {
	case "default", "d":
		return defaultFilter
	case "length", "count":
		return plain(lengthFilter)
	case "list":
		return plain(listFilter)
	case "string":
		return plain(stringFilter)
	case "first":
		return plain(firstFilter)
	case "last":
		return plain(lastFilter)
	case "reverse":
		return plain(reverseFilter)
	case "items":
		return plain(itemsFilter)
	case "abs":
		return plain(absFilter)
	case "safe":
		return plain(safeFilter)
	case "escape", "e":
		return plain(escapeFilter)
	case "upper", "lower", "capitalize":
		return viaMethod(name)
	case "trim":
		return viaMethod("strip", "chars")
	case "replace":
		return viaMethod("replace", "old", "new", "count")
	case "title":
		return plain(titleFilter)
	}
	return moreFilters(name)
}

func moreFilters(name string) filterFunc {
	switch name {
	case "int":
		return intFilter
	case "float":
		return floatFilter
	case "round":
		return roundFilter
	case "tojson":
		return tojson
	case "join":
		return joinFilter
	case "indent":
		return indentFilter
	case "map":
		return mapFilter
	case "select":
		return selector(false, true)
	case "reject":
		return selector(false, false)
	case "selectattr":
		return selector(true, true)
	case "rejectattr":
		return selector(true, false)
	case "sort":
		return sortFilter
	case "dictsort":
		return dictsortFilter
	case "unique":
		return uniqueFilter
	case "min":
		return extreme(less)
	case "max":
		return extreme(greater)
	case "sum":
		return sumFilter
	}
	return nil
}

// plain is a filter without arguments.
func plain(f func(r *run, v any) (any, error)) filterFunc {
	return func(r *run, v any, a *args) (any, error) {
		if len(a.pos)+len(a.named) > 0 {
			return nil, failf("the filter takes no argument")
		}
		return f(r, v)
	}
}

// viaMethod is a filter that is a method of the value's text. Its arguments have
// names, and Jinja makes them strings, but for a count.
func viaMethod(method string, names ...string) filterFunc {
	return func(r *run, v any, a *args) (any, error) {
		if _, ok := v.(markup); !ok {
			s, err := str(r, v)
			if err != nil {
				return nil, err
			}
			v = s
		}
		given, err := a.bind("the filter", names...)
		if err != nil {
			return nil, err
		}
		of := &args{}
		for i, arg := range given {
			if arg == absent {
				break
			}
			if names[i] != "count" && arg != nil {
				if arg, err = str(r, arg); err != nil {
					return nil, err
				}
			}
			of.pos = append(of.pos, arg)
		}
		return callMethod(r, v, method, of)
	}
}

func defaultFilter(_ *run, v any, a *args) (any, error) {
	opts, err := a.bind("default", "default_value", "boolean")
	if err != nil {
		return nil, err
	}
	_, isUndefined := v.(undefined)
	if !isUndefined && (opts[1] == absent || !truth(opts[1]) || truth(v)) {
		return v, nil
	}
	if opts[0] == absent {
		return "", nil
	}
	return opts[0], nil
}

func lengthFilter(r *run, v any) (any, error) {
	n, err := length(r, v)
	return int64(n), err
}

func listFilter(r *run, v any) (any, error) {
	items, err := elements(r, v)
	return newList(items...), err
}

func stringFilter(r *run, v any) (any, error) {
	if m, ok := v.(markup); ok {
		return m, nil
	}
	return str(r, v)
}

func firstFilter(r *run, v any) (any, error) {
	items, err := elements(r, v)
	if len(items) == 0 {
		return undefined{"the first of no items"}, err
	}
	return items[0], err
}

func lastFilter(r *run, v any) (any, error) {
	if l, ok := v.(*list); ok && l.kind == aGenerator {
		return nil, failf("a generator has no last item; make it a list first")
	}
	items, err := elements(r, v)
	if len(items) == 0 {
		return undefined{"the last of no items"}, err
	}
	return items[len(items)-1], err
}

func itemsFilter(r *run, v any) (any, error) {
	if _, ok := v.(undefined); ok {
		return &list{kind: aGenerator}, nil
	}
	d, ok := v.(*dict)
	if !ok {
		return nil, failf("%s has no items: it is no mapping", describe(v))
	}
	return &list{kind: aGenerator, items: d.pairs()}, r.spend(stepWork * len(d.keys))
}

func safeFilter(r *run, v any) (any, error) {
	s, err := str(r, v)
	return markup(s), err
}

func escapeFilter(r *run, v any) (any, error) {
	if m, ok := v.(markup); ok {
		return m, nil
	}
	s, err := str(r, v)
	if err != nil {
		return nil, err
	}
	return markup(escape(s)), r.str(6 * len(s))
}

// titleFilter is Jinja's own: a word begins after white space, a hyphen or an
// opening bracket.
func titleFilter(r *run, v any) (any, error) {
	s, err := str(r, v)
	if err != nil {
		return nil, err
	}
	if err := r.spend(4 * stepWork * len(s)); err != nil {
		return nil, err
	}
	var b strings.Builder
	begin := true
	for _, c := range s {
		if begin {
			b.WriteString(upper(string(c)))
		} else {
			b.WriteString(lower(string(c)))
		}
		begin = isSpace(c) || strings.ContainsRune("-([{<", c)
	}
	return b.String(), r.str(3 * len(s))
}

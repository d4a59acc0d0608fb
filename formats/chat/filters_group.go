package chat

// batchFilter cuts items into lists of n; the last is filled up, if asked for.
func batchFilter(r *run, v any, a *args) (any, error) {
	items, n, fill, err := groupArgs(r, "batch", "linecount", v, a)
	if err != nil {
		return nil, err
	}
	out := &list{kind: aGenerator}
	for len(items) > 0 {
		group := newList(items[:min(n, len(items))]...)
		items = items[len(group.items):]
		if fill != nil {
			if err := r.spend(n); err != nil {
				return nil, err
			}
			for len(group.items) < n {
				group.items = append(group.items[:len(group.items):len(group.items)], fill)
			}
		}
		out.items = append(out.items, group)
	}
	return out, nil
}

// sliceFilter cuts items into n lists as even as can be.
func sliceFilter(r *run, v any, a *args) (any, error) {
	items, n, fill, err := groupArgs(r, "slice", "slices", v, a)
	if err != nil {
		return nil, err
	}
	if err := r.spend(stepWork * n); err != nil {
		return nil, err
	}
	each, more := len(items)/n, len(items)%n
	out := &list{kind: aGenerator}
	for i := range n {
		size := each
		if i < more {
			size++
		}
		group := &list{items: append([]any{}, items[:size]...)}
		items = items[size:]
		if fill != nil && i >= more {
			group.items = append(group.items, fill)
		}
		out.items = append(out.items, group)
	}
	return out, nil
}

func groupArgs(r *run, what, name string, v any, a *args) (items []any, n int, fill any, err error) {
	opts, err := a.bind(what, name, "fill_with")
	if err != nil {
		return nil, 0, nil, err
	}
	size, ok := wholeNumber(opts[0])
	if !ok || size < 1 || size > maxOutput {
		return nil, 0, nil, failf("%s needs a positive number", what)
	}
	if opts[1] != absent {
		fill = opts[1]
	}
	items, err = elements(r, v)
	return items, int(size), fill, err
}

// groupbyFilter sorts by an attribute and gives (value, items) for each value of it.
func groupbyFilter(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("groupby", "attribute", "default", "case_sensitive")
	if err != nil {
		return nil, err
	}
	if opts[1] != absent {
		return nil, failf("groupby with a default is not supported")
	}
	list, err := keys(r, v, opts[0], opts[2])
	if err != nil {
		return nil, err
	}
	if err := sortKeyed(r, list, false); err != nil {
		return nil, err
	}
	out := newList()
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) {
			eq, err := equal(r, list[from].key, list[to].key)
			if err != nil {
				return nil, err
			}
			if !eq {
				break
			}
			to++
		}
		value, err := attributeOf(r, opts[0], list[from].item)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, newTuple(value, newList(itemsOf(list[from:to])...)))
		from = to
	}
	return out, nil
}

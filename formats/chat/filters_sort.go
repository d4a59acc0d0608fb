package chat

import "slices"

// keyed is an item with what it is sorted by.
type keyed struct{ key, item any }

// keys pairs the items with an attribute, in lower case unless case matters.
func keys(r *run, v, path, caseSensitive any) ([]keyed, error) {
	items, err := elements(r, v)
	if err != nil {
		return nil, err
	}
	out := make([]keyed, len(items))
	for i, it := range items {
		k, err := attributeOf(r, path, it)
		if err != nil {
			return nil, err
		}
		if s, ok := text(k); ok && (caseSensitive == absent || !truth(caseSensitive)) {
			if err := r.spend(len(s)); err != nil {
				return nil, err
			}
			k = lower(s)
		}
		out[i] = keyed{k, it}
	}
	return out, nil
}

// sortKeyed sorts stably, as Python does; what has no order is an error.
func sortKeyed(r *run, list []keyed, reverse bool) error {
	var failed error
	slices.SortStableFunc(list, func(a, b keyed) int {
		if failed != nil {
			return 0
		}
		c, err := order(r, a.key, b.key, 0)
		if err != nil {
			failed = err
		}
		if c == unordered {
			return 0
		}
		if reverse {
			return -c
		}
		return c
	})
	return failed
}

func itemsOf(list []keyed) []any {
	items := make([]any, len(list))
	for i, k := range list {
		items[i] = k.item
	}
	return items
}

func sortFilter(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("sort", "reverse", "case_sensitive", "attribute")
	if err != nil {
		return nil, err
	}
	list, err := keys(r, v, opts[2], opts[1])
	if err != nil {
		return nil, err
	}
	err = sortKeyed(r, list, opts[0] != absent && truth(opts[0]))
	return newList(itemsOf(list)...), err
}

func dictsortFilter(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("dictsort", "case_sensitive", "by", "reverse")
	if err != nil {
		return nil, err
	}
	d, ok := v.(*dict)
	if !ok {
		return nil, failf("dictsort needs a dict, not %s", describe(v))
	}
	at := any(int64(0))
	if opts[1] != absent {
		switch by, _ := text(opts[1]); by {
		case "key":
		case "value":
			at = int64(1)
		default:
			return nil, failf(`dictsort sorts by "key" or "value"`)
		}
	}
	list, err := keys(r, newList(d.pairs()...), at, opts[0])
	if err != nil {
		return nil, err
	}
	err = sortKeyed(r, list, opts[2] != absent && truth(opts[2]))
	return newList(itemsOf(list)...), err
}

func uniqueFilter(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("unique", "case_sensitive", "attribute")
	if err != nil {
		return nil, err
	}
	list, err := keys(r, v, opts[1], opts[0])
	if err != nil {
		return nil, err
	}
	seen := map[any]bool{}
	out := newGenerator()
	for _, k := range list {
		h, err := hashKey(k.key)
		if err != nil {
			return nil, err
		}
		if !seen[h] {
			seen[h] = true
			out.items = append(out.items, k.item)
		}
	}
	return out, nil
}

// extreme is the first of the least or the greatest items.
func extreme(want int) filterFunc {
	return func(r *run, v any, a *args) (any, error) {
		opts, err := a.bind("min or max", "case_sensitive", "attribute")
		if err != nil {
			return nil, err
		}
		list, err := keys(r, v, opts[1], opts[0])
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return undefined{"the least or greatest of no items"}, nil
		}
		best := list[0]
		for _, k := range list[1:] {
			c, err := order(r, k.key, best.key, 0)
			if err != nil {
				return nil, err
			}
			if c == want {
				best = k
			}
		}
		return best.item, nil
	}
}

func sumFilter(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("sum", "attribute", "start")
	if err != nil {
		return nil, err
	}
	total := opts[1]
	if total == absent {
		total = int64(0)
	}
	if _, ok := text(total); ok {
		return nil, failf("sum adds numbers, not strings")
	}
	items, err := elements(r, v)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		n, err := attributeOf(r, opts[0], it)
		if err != nil {
			return nil, err
		}
		if total, err = arithmetic(r, "+", total, n); err != nil {
			return nil, err
		}
	}
	return total, nil
}

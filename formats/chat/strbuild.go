package chat

import (
	"strings"
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

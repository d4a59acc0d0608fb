package chat

import "unicode/utf8"

// eval of of.name: a method wins over a dict's key of that name, as in Jinja.
func (e attrExpr) eval(r *run, s *scope) (any, error) {
	of, err := e.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	if u, ok := of.(undefined); ok {
		return nil, failf("%s is undefined, so it has no attribute %q", u.what, e.name)
	}
	if v, ok := attribute(of, e.name); ok {
		return v, r.spend(stepWork)
	}
	if d, ok := of.(*dict); ok {
		if v, ok := d.get(e.name); ok {
			return v, r.spend(stepWork)
		}
	}
	return undefined{"the attribute '" + e.name + "' of a " + typeName(of)}, r.spend(stepWork)
}

// attribute is what Python's getattr finds.
func attribute(of any, name string) (any, bool) {
	switch of := of.(type) {
	case *loopState:
		return of.attr(name)
	case *namespace:
		v, ok := of.vars[name]
		return v, ok
	}
	return method(of, name)
}

// eval of of[index]: a dict's key wins over a method of that name.
func (e indexExpr) eval(r *run, s *scope) (any, error) {
	of, err := e.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	index, err := e.index.eval(r, s)
	if err != nil {
		return nil, err
	}
	return item(r, of, index)
}

// item is of[index], or undefined where there is none.
func item(r *run, of, index any) (any, error) {
	if err := r.spend(stepWork); err != nil {
		return nil, err
	}
	if u, ok := of.(undefined); ok {
		return nil, failf("%s is undefined, so it has no elements", u.what)
	}
	if d, ok := of.(*dict); ok {
		if v, ok := d.get(index); ok {
			return v, nil
		}
	}
	if i, ok := wholeNumber(index); ok {
		if v, ok, err := element(r, of, i); ok || err != nil {
			return v, err
		}
	}
	if name, ok := text(index); ok {
		if v, ok := attribute(of, name); ok {
			return v, nil
		}
		return undefined{"the element '" + name + "' of a " + typeName(of)}, nil
	}
	return undefined{"the element " + scalar(index) + " of a " + typeName(of)}, nil
}

// element is the i-th element of a list or the i-th character of a string; negative
// counts from the end.
func element(r *run, of any, i int64) (any, bool, error) {
	if s, ok := text(of); ok {
		if err := r.spend(len(s)); err != nil {
			return nil, false, err
		}
		runes := []rune(s)
		if i < 0 {
			i += int64(len(runes))
		}
		if i < 0 || i >= int64(len(runes)) {
			return nil, false, nil
		}
		return string(runes[i]), true, nil
	}
	l, ok := of.(*list)
	if !ok || l.kind == aView || l.kind == aGenerator {
		return nil, false, nil
	}
	if i < 0 {
		i += int64(len(l.items))
	}
	if i < 0 || i >= int64(len(l.items)) {
		return nil, false, nil
	}
	return l.items[i], true, nil
}

func (e sliceExpr) eval(r *run, s *scope) (any, error) {
	of, err := e.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	var bounds [3]*int64
	for i, b := range []expr{e.from, e.to, e.step} {
		if b == nil {
			continue
		}
		v, err := b.eval(r, s)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		n, ok := wholeNumber(v)
		if !ok {
			return nil, failf("%s can't bound a slice", describe(v))
		}
		bounds[i] = &n
	}
	if bounds[2] != nil && *bounds[2] == 0 {
		return nil, failf("the step of a slice is 0")
	}
	if str, ok := text(of); ok {
		return sliceText(r, str, bounds)
	}
	l, ok := of.(*list)
	if !ok || l.kind == aView || l.kind == aGenerator {
		return nil, failf("%s can't be sliced", describe(of))
	}
	if err := r.spend(len(l.items)); err != nil {
		return nil, err
	}
	out := &list{kind: l.kind}
	for i := range indices(len(l.items), bounds) {
		out.items = append(out.items, l.items[i])
	}
	return out, nil
}

func sliceText(r *run, s string, bounds [3]*int64) (any, error) {
	if err := r.spend(len(s)); err != nil {
		return nil, err
	}
	runes := []rune(s)
	var out []byte
	for i := range indices(len(runes), bounds) {
		out = utf8.AppendRune(out, runes[i])
	}
	return string(out), nil
}

// indices yields what a slice of n elements picks, by Python's rules: from, to, step.
func indices(n int, bounds [3]*int64) func(yield func(int) bool) {
	step := int64(1)
	if bounds[2] != nil {
		step = *bounds[2]
	}
	size := int64(n)
	low, high := int64(0), size // where a bound may lie
	from, to := low, high
	if step < 0 {
		low, high = -1, size-1
		from, to = high, low
	}
	for i, at := range []*int64{&from, &to} {
		b := bounds[i]
		if b == nil {
			continue
		}
		*at = *b
		if *at < 0 {
			*at = max(*at+size, low)
		}
		*at = min(*at, high)
	}
	return func(yield func(int) bool) {
		for i := from; step > 0 && i < to || step < 0 && i > to; {
			if !yield(int(i)) {
				return
			}
			if step > size || step < -size {
				return // adding it could overflow
			}
			i += step
		}
	}
}

package chat

import "strings"

func (c constant) eval(*run, *scope) (any, error) { return c.value, nil }

func (n nameExpr) eval(r *run, s *scope) (any, error) {
	return s.get(n.name), r.spend(stepWork)
}

func evalAll(r *run, s *scope, list []expr) ([]any, error) {
	if err := r.spend(stepWork * (1 + len(list))); err != nil {
		return nil, err
	}
	items := make([]any, len(list))
	for i, e := range list {
		v, err := e.eval(r, s)
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

func (l listExpr) eval(r *run, s *scope) (any, error) {
	items, err := evalAll(r, s, l.items)
	return newList(items...), err
}

func (t tupleExpr) eval(r *run, s *scope) (any, error) {
	items, err := evalAll(r, s, t.items)
	return newTuple(items...), err
}

func (d dictExpr) eval(r *run, s *scope) (any, error) {
	keys, err := evalAll(r, s, d.keys)
	if err != nil {
		return nil, err
	}
	values, err := evalAll(r, s, d.values)
	if err != nil {
		return nil, err
	}
	v := newDict()
	for i, k := range keys {
		if err := v.set(k, values[i]); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (n notExpr) eval(r *run, s *scope) (any, error) {
	v, err := n.of.eval(r, s)
	return !truth(v), err
}

func (b boolExpr) eval(r *run, s *scope) (any, error) {
	v, err := b.left.eval(r, s)
	if err != nil || truth(v) == b.or {
		return v, err
	}
	return b.right.eval(r, s)
}

func (c condExpr) eval(r *run, s *scope) (any, error) {
	v, err := c.test.eval(r, s)
	switch {
	case err != nil:
		return nil, err
	case truth(v):
		return c.then.eval(r, s)
	case c.otherwise == nil:
		return undefined{"the inline if without else"}, nil
	}
	return c.otherwise.eval(r, s)
}

func (c concatExpr) eval(r *run, s *scope) (any, error) {
	parts := make([]string, len(c.parts))
	size := 0
	for i, e := range c.parts {
		v, err := e.eval(r, s)
		if err != nil {
			return nil, err
		}
		if parts[i], err = str(r, v); err != nil {
			return nil, err
		}
		size += len(parts[i])
	}
	if err := r.str(size); err != nil {
		return nil, err
	}
	return strings.Join(parts, ""), nil
}

func (c compareExpr) eval(r *run, s *scope) (any, error) {
	left, err := c.first.eval(r, s)
	if err != nil {
		return nil, err
	}
	for i, op := range c.ops {
		right, err := c.operands[i].eval(r, s)
		if err != nil {
			return nil, err
		}
		ok, err := compare(r, op, left, right)
		if err != nil || !ok {
			return false, err
		}
		left = right
	}
	return true, nil
}

func (b binExpr) eval(r *run, s *scope) (any, error) {
	left, err := b.left.eval(r, s)
	if err != nil {
		return nil, err
	}
	right, err := b.right.eval(r, s)
	if err != nil {
		return nil, err
	}
	return arithmetic(r, b.op, left, right)
}

func (e signExpr) eval(r *run, s *scope) (any, error) {
	v, err := e.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	switch n := number(v).(type) {
	case int64:
		if e.negative {
			return -n, nil
		}
		return n, nil
	case float64:
		if e.negative {
			return -n, nil
		}
		return n, nil
	}
	return nil, failf("%s has no sign", describe(v))
}

func (c callExpr) eval(r *run, s *scope) (any, error) {
	f, err := c.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	a, err := c.args.eval(r, s)
	if err != nil {
		return nil, err
	}
	return call(r, f, a)
}

func call(r *run, f any, a *args) (any, error) {
	if err := r.spend(stepWork); err != nil {
		return nil, err
	}
	if f, ok := f.(function); ok {
		return f.call(r, a)
	}
	return nil, failf("%s can't be called", describe(f))
}

func (f filterExpr) eval(r *run, s *scope) (any, error) {
	var of any
	var err error
	if f.of == nil {
		of = s.get(bodyName)
	} else if of, err = f.of.eval(r, s); err != nil {
		return nil, err
	}
	a, err := f.args.eval(r, s)
	if err != nil {
		return nil, err
	}
	return filter(r, f.name, of, a)
}

func (t testExpr) eval(r *run, s *scope) (any, error) {
	of, err := t.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	a, err := t.args.eval(r, s)
	if err != nil {
		return nil, err
	}
	return test(r, t.name, of, a)
}

// describe is v in an error message.
func describe(v any) string {
	if u, ok := v.(undefined); ok {
		return u.what + " is undefined and"
	}
	return "a " + typeName(v)
}

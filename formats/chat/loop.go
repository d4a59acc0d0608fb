package chat

type forStmt struct {
	target, over    expr
	filter          expr // nil: every element
	body, otherwise block
}

func (f forStmt) exec(r *run, s *scope, w *output) error {
	over, err := f.over.eval(r, s)
	if err != nil {
		return err
	}
	items, err := elements(r, over)
	if err != nil {
		return err
	}
	if f.filter != nil {
		if items, err = f.chosen(r, s, items); err != nil {
			return err
		}
	}
	state := &loopState{items: items}
	complete := false // an iteration came to its end; Jinja's else asks for that
	for state.at = range items {
		if err := r.spend(loopWork); err != nil {
			return err
		}
		in := s.inner()
		in.set("loop", state)
		if err := assign(r, in, f.target, items[state.at]); err != nil {
			return err
		}
		switch err := f.body.exec(r, in, w); err {
		case nil:
			complete = true
			continue
		case errContinue:
			continue
		case errBreak:
		default:
			return err
		}
		break
	}
	if complete {
		return nil
	}
	return f.otherwise.exec(r, s.inner(), w)
}

// chosen are the items that the loop's own if lets through.
func (f forStmt) chosen(r *run, s *scope, items []any) ([]any, error) {
	var chosen []any
	for _, item := range items {
		if err := r.spend(loopWork); err != nil {
			return nil, err
		}
		in := s.inner()
		if err := assign(r, in, f.target, item); err != nil {
			return nil, err
		}
		v, err := f.filter.eval(r, in)
		if err != nil {
			return nil, err
		}
		if truth(v) {
			chosen = append(chosen, item)
		}
	}
	return chosen, nil
}

// loopState is what the variable loop tells.
type loopState struct {
	items  []any
	at     int
	last   any // what changed was last called with
	called bool
}

func (l *loopState) attr(name string) (any, bool) {
	n := int64(len(l.items))
	i := int64(l.at)
	switch name {
	case "index":
		return i + 1, true
	case "index0":
		return i, true
	case "revindex":
		return n - i, true
	case "revindex0":
		return n - i - 1, true
	case "first":
		return i == 0, true
	case "last":
		return i == n-1, true
	case "length":
		return n, true
	case "depth":
		return int64(1), true // there are no recursive loops
	case "depth0":
		return int64(0), true
	case "previtem":
		if i == 0 {
			return undefined{"there is no previous item"}, true
		}
		return l.items[i-1], true
	case "nextitem":
		if i == n-1 {
			return undefined{"there is no next item"}, true
		}
		return l.items[i+1], true
	case "cycle":
		return function{"loop.cycle", l.cycle}, true
	case "changed":
		return function{"loop.changed", l.changed}, true
	}
	return nil, false
}

func (l *loopState) cycle(_ *run, a *args) (any, error) {
	if len(a.pos) == 0 {
		return nil, failf("loop.cycle has nothing to cycle through")
	}
	return a.pos[l.at%len(a.pos)], nil
}

func (l *loopState) changed(r *run, a *args) (any, error) {
	now := any(newTuple(a.pos...))
	if l.called {
		same, err := equal(r, l.last, now)
		if err != nil || same {
			return false, err
		}
	}
	l.last, l.called = now, true
	return true, nil
}

// deeper runs what a macro does, one level down.
func deeper(r *run, f func() (any, error)) (any, error) {
	if r.calls >= maxCalls {
		return nil, failf("macros call one another deeper than %d", maxCalls)
	}
	r.calls++
	defer func() { r.calls-- }()
	return f()
}

package chat

// builtins are the names that every template sees.
var builtins = &scope{vars: map[string]any{
	"range":           function{"range", rangeOf},
	"dict":            function{"dict", dictOf},
	"namespace":       function{"namespace", namespaceOf},
	"raise_exception": function{"raise_exception", raise},
	"strftime_now":    function{"strftime_now", strftimeNow},
}}

func raise(r *run, a *args) (any, error) {
	v, err := a.bind("raise_exception", "message")
	if err != nil {
		return nil, err
	}
	if v[0] == absent {
		return nil, failf("raise_exception needs a message")
	}
	message, err := str(r, v[0])
	if err != nil {
		return nil, err
	}
	return nil, &Refusal{Message: message}
}

func rangeOf(r *run, a *args) (any, error) {
	bounds := make([]int64, len(a.pos))
	for i, v := range a.pos {
		n, ok := wholeNumber(v)
		if !ok {
			return nil, failf("range needs integers, not %s", describe(v))
		}
		bounds[i] = n
	}
	from, to, step := int64(0), int64(0), int64(1)
	switch {
	case len(a.named) > 0 || len(bounds) == 0 || len(bounds) > 3:
		return nil, failf("range needs one to three integers")
	case len(bounds) == 1:
		to = bounds[0]
	default:
		from, to = bounds[0], bounds[1]
		if len(bounds) == 3 {
			step = bounds[2]
		}
	}
	if step == 0 {
		return nil, failf("the step of range is 0")
	}
	l := &list{kind: aRange}
	for i := from; step > 0 && i < to || step < 0 && i > to; {
		if len(l.items) >= maxRange {
			return nil, failf("a range has more than %d numbers", maxRange)
		}
		l.items = append(l.items, i)
		next := i + step
		if (next > i) != (step > 0) {
			break // beyond 64 bits, so beyond to
		}
		i = next
	}
	return l, r.spend(len(l.items))
}

// fields gives the arguments of dict and namespace to set: a dict or a list of
// pairs, then what is named.
func fields(r *run, what string, a *args, set func(k, v any) error) error {
	if len(a.pos) > 1 {
		return failf("%s takes at most one argument without a name", what)
	}
	for _, v := range a.pos {
		if d, ok := v.(*dict); ok {
			v = newList(d.pairs()...)
		}
		pairs, err := elements(r, v)
		if err != nil {
			return err
		}
		for _, pair := range pairs {
			kv, err := elements(r, pair)
			if err != nil || len(kv) != 2 {
				return failf("%s needs a dict or pairs", what)
			}
			if err := set(kv[0], kv[1]); err != nil {
				return err
			}
		}
	}
	for _, n := range a.named {
		if err := set(n.name, n.value); err != nil {
			return err
		}
	}
	return nil
}

func dictOf(r *run, a *args) (any, error) {
	d := newDict()
	return d, fields(r, "dict", a, d.set)
}

func namespaceOf(r *run, a *args) (any, error) {
	ns := &namespace{vars: map[string]any{}}
	return ns, fields(r, "namespace", a, func(k, v any) error {
		name, ok := text(k)
		if !ok {
			return failf("an attribute's name is %s, not a str", describe(k))
		}
		return ns.set(name, v)
	})
}

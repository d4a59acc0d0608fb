package chat

import "slices"

// unsafeMethods change their object, which the sandbox forbids: they are found, and
// fail.
var unsafeMethods = map[string][]string{
	"list": {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"},
	"dict": {"clear", "pop", "popitem", "setdefault", "update"},
}

// method is the method of that name bound to of.
func method(of any, name string) (any, bool) {
	if slices.Contains(unsafeMethods[typeName(of)], name) {
		return undefined{"the unsafe method '" + name + "' of a " + typeName(of)}, true
	}
	var call func(r *run, a *args) (any, error)
	switch of := of.(type) {
	case string:
		call = stringMethod(of, name)
	case markup:
		if m := stringMethod(string(of), name); m != nil {
			call = escaping(m)
		}
	case *dict:
		call = of.method(name)
	case *list:
		call = of.method(name)
	}
	if call == nil {
		return nil, false
	}
	name = typeName(of) + "." + name
	return function{name, func(r *run, a *args) (any, error) {
		if len(a.named) > 0 && !slices.Contains(named, name) {
			return nil, failf("%s takes no arguments by name", name)
		}
		return call(r, a)
	}}, true
}

// named are the methods that take arguments by name; Python's others don't.
var named = []string{"str.split", "str.rsplit", "str.splitlines"}

// callMethod calls a method that of has.
func callMethod(r *run, of any, name string, a *args) (any, error) {
	m, _ := method(of, name)
	return m.(function).call(r, a)
}

func (d *dict) method(name string) func(r *run, a *args) (any, error) {
	switch name {
	case "get":
		return func(_ *run, a *args) (any, error) {
			v, err := a.bind("dict.get", "key", "default")
			if err != nil {
				return nil, err
			}
			if v[0] == absent {
				return nil, failf("dict.get needs a key")
			}
			if _, err := hashKey(v[0]); err != nil {
				return nil, err
			}
			if found, ok := d.get(v[0]); ok {
				return found, nil
			}
			if v[1] == absent {
				return nil, nil
			}
			return v[1], nil
		}
	case "items":
		return d.view(name, d.pairs)
	case "keys":
		return d.view(name, func() []any { return d.keys })
	case "values":
		return d.view(name, func() []any { return d.values })
	case "copy":
		return func(_ *run, a *args) (any, error) {
			_, err := a.bind("dict.copy")
			return d, err
		}
	}
	return nil
}

func (d *dict) view(name string, items func() []any) func(r *run, a *args) (any, error) {
	return func(r *run, a *args) (any, error) {
		if _, err := a.bind("dict." + name); err != nil {
			return nil, err
		}
		return &list{kind: aView, items: items()}, r.spend(stepWork * len(d.keys))
	}
}

func (l *list) method(name string) func(r *run, a *args) (any, error) {
	if l.kind > aTuple {
		return nil
	}
	switch name {
	case "count", "index":
		return func(r *run, a *args) (any, error) {
			v, err := a.bind("list."+name, "value")
			if err != nil {
				return nil, err
			}
			n := int64(0)
			for i, item := range l.items {
				eq, err := equal(r, item, v[0])
				if err != nil {
					return nil, err
				}
				if eq && name == "index" {
					return int64(i), nil
				}
				if eq {
					n++
				}
			}
			if name == "index" {
				return nil, failf("the value is not in the list")
			}
			return n, nil
		}
	case "copy":
		return func(_ *run, a *args) (any, error) {
			_, err := a.bind("list.copy")
			return l, err
		}
	}
	return nil
}

// escaping makes a string's method markup's: it escapes its arguments and gives
// markup back.
func escaping(call func(r *run, a *args) (any, error)) func(r *run, a *args) (any, error) {
	return func(r *run, a *args) (any, error) {
		safe := &args{named: a.named}
		for _, v := range a.pos {
			if s, ok := v.(string); ok {
				v = escape(s)
			}
			safe.pos = append(safe.pos, v)
		}
		v, err := call(r, safe)
		switch v := v.(type) {
		case string:
			return markup(v), err
		case *list:
			for i, item := range v.items {
				if s, ok := item.(string); ok {
					v.items[i] = markup(s)
				}
			}
		}
		return v, err
	}
}

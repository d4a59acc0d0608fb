package chat

// scope holds names. Loops, macros and blocks open an inner one, so that what they
// set is gone at their end; an if does not.
type scope struct {
	parent *scope
	vars   map[string]any
}

func (s *scope) inner() *scope { return &scope{parent: s} }

func (s *scope) set(name string, v any) {
	if s.vars == nil {
		s.vars = map[string]any{}
	}
	s.vars[name] = v
}

func (s *scope) get(name string) any {
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return undefined{"'" + name + "'"}
}

// assign sets target, a name or a tuple of them, or a namespace's attribute.
func assign(r *run, s *scope, target expr, v any) error {
	switch t := target.(type) {
	case nameExpr:
		s.set(t.name, v)
		return nil
	case attrExpr:
		of, err := t.of.eval(r, s)
		if err != nil {
			return err
		}
		ns, ok := of.(*namespace)
		if !ok {
			return failf("cannot assign an attribute of a %s, only of a namespace", typeName(of))
		}
		return ns.set(t.name, v)
	case tupleExpr:
		items, err := elements(r, v)
		if err != nil {
			return err
		}
		if len(items) != len(t.items) {
			return failf("%d values for %d names", len(items), len(t.items))
		}
		for i, item := range items {
			if err := assign(r, s, t.items[i], item); err != nil {
				return err
			}
		}
		return nil
	}
	return failf("cannot assign to this")
}

func (n *namespace) set(name string, v any) error {
	if name != "" && name[0] == '_' {
		return failf("a namespace can't hold %q: it begins with an underscore", name)
	}
	n.vars[name] = v
	return nil
}

// args are the arguments of a call, evaluated.
type args struct {
	pos   []any
	named []namedArg
}

type namedArg struct {
	name  string
	value any
}

// argList are the arguments of a call as they are written.
type argList struct {
	pos         []expr
	named       []namedExpr
	star, stars expr // *list, **dict, or nil
}

type namedExpr struct {
	name  string
	value expr
}

func (l argList) eval(r *run, s *scope) (*args, error) {
	a := &args{}
	for _, e := range l.pos {
		v, err := e.eval(r, s)
		if err != nil {
			return nil, err
		}
		a.pos = append(a.pos, v)
	}
	for _, n := range l.named {
		v, err := n.value.eval(r, s)
		if err != nil {
			return nil, err
		}
		a.named = append(a.named, namedArg{n.name, v})
	}
	if l.star != nil {
		v, err := l.star.eval(r, s)
		if err != nil {
			return nil, err
		}
		items, err := elements(r, v)
		if err != nil {
			return nil, err
		}
		a.pos = append(a.pos, items...)
	}
	if l.stars != nil {
		v, err := l.stars.eval(r, s)
		if err != nil {
			return nil, err
		}
		return a, a.spread(v)
	}
	return a, nil
}

// spread adds the entries of a dict as named arguments.
func (a *args) spread(v any) error {
	d, ok := v.(*dict)
	if !ok {
		return failf("the argument after ** is a %s, not a dict", typeName(v))
	}
	for i, k := range d.keys {
		name, ok := text(k)
		if !ok {
			return failf("an argument's name is a %s, not a str", typeName(k))
		}
		a.named = append(a.named, namedArg{name, d.values[i]})
	}
	return nil
}

// bind puts the arguments into the order of names; missing ones are absent. More, or
// unknown ones, are an error.
func (a *args) bind(what string, names ...string) ([]any, error) {
	if len(a.pos) > len(names) {
		return nil, failf("%s takes at most %d arguments, not %d", what, len(names), len(a.pos))
	}
	values := make([]any, len(names))
	for i := range values {
		values[i] = absent
	}
	copy(values, a.pos)
	for _, n := range a.named {
		i := indexOf(names, n.name)
		if i < 0 {
			return nil, failf("%s has no argument %q", what, n.name)
		}
		if values[i] != absent {
			return nil, failf("%s gets its argument %q twice", what, n.name)
		}
		values[i] = n.value
	}
	return values, nil
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// missing marks an argument that was not given.
type missing struct{}

var absent any = missing{}

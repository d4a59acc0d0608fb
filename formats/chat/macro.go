package chat

type param struct {
	name  string
	value expr // its default, or nil
}

type macroStmt struct {
	name   string
	params []param
	body   block
	uses   uses
}

// callStmt is {% call macro() %}body{% endcall %}: the macro calls the body as
// caller().
type callStmt struct {
	params []param
	call   callExpr
	body   block
}

func (m macroStmt) exec(_ *run, s *scope, _ *output) error {
	s.set(m.name, m.function(s))
	return nil
}

// function is the macro as a value. s is where it was defined.
func (m macroStmt) function(s *scope) function {
	return function{"macro " + m.name, func(r *run, a *args) (any, error) {
		return deeper(r, func() (any, error) {
			in := s.inner()
			if err := m.bind(r, in, a); err != nil {
				return nil, err
			}
			return m.body.capture(r, in)
		})
	}}
}

// bind sets the parameters in the scope of the macro's body. A parameter without
// argument and default is undefined.
func (m macroStmt) bind(r *run, in *scope, a *args) error {
	rest := newDict()
	given := map[string]any{}
	for _, n := range a.named {
		if n.name == "caller" && m.uses.caller {
			in.set("caller", n.value)
			continue
		}
		if !m.has(n.name) {
			if err := rest.set(n.name, n.value); err != nil {
				return err
			}
			continue
		}
		given[n.name] = n.value
	}
	if len(rest.keys) > 0 && !m.uses.kwargs {
		return failf("macro %s has no parameter %q", m.name, rest.keys[0])
	}
	for i, p := range m.params {
		v, named := given[p.name]
		switch {
		case i < len(a.pos):
			if named {
				return failf("macro %s gets its parameter %q twice", m.name, p.name)
			}
			v = a.pos[i]
		case named:
		case p.value != nil:
			var err error
			if v, err = p.value.eval(r, in); err != nil {
				return err
			}
		default:
			v = undefined{"the parameter '" + p.name + "'"}
		}
		in.set(p.name, v)
	}
	if len(a.pos) > len(m.params) && !m.uses.varargs {
		return failf("macro %s takes at most %d arguments, not %d", m.name, len(m.params), len(a.pos))
	}
	in.set("varargs", newTuple(a.pos[min(len(a.pos), len(m.params)):]...))
	in.set("kwargs", rest)
	return nil
}

func (m macroStmt) has(name string) bool {
	for _, p := range m.params {
		if p.name == name {
			return true
		}
	}
	return false
}

func (c callStmt) exec(r *run, s *scope, w *output) error {
	caller := macroStmt{name: "caller", params: c.params, body: c.body}
	f, err := c.call.of.eval(r, s)
	if err != nil {
		return err
	}
	a, err := c.call.args.eval(r, s)
	if err != nil {
		return err
	}
	a.named = append(a.named, namedArg{"caller", caller.function(s)})
	v, err := call(r, f, a)
	if err != nil {
		return err
	}
	text, err := str(r, v)
	if err != nil {
		return err
	}
	return w.write(text)
}

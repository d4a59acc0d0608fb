package chat

func (p *parser) setTag() (stmt, error) {
	target, err := p.target()
	if err != nil {
		return nil, err
	}
	if p.op("=") {
		value, err := p.tuple(never)
		if err != nil {
			return nil, err
		}
		return setStmt{target, value}, p.endTag()
	}
	st := setBlockStmt{target: target}
	if st.filter, err = p.bodyFilters(); err != nil {
		return nil, err
	}
	st.body, err = p.body("endset")
	return st, err
}

// bodyFilters parses the filters that a tag applies to its body's text; nil if there
// are none.
func (p *parser) bodyFilters() (e expr, err error) {
	for n := 0; err == nil && p.op("|"); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		e, err = p.filter(e)
	}
	return e, err
}

func (p *parser) filterTag() (stmt, error) {
	f, err := p.filter(nil)
	for n := 0; err == nil && p.op("|"); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		f, err = p.filter(f)
	}
	if err != nil {
		return nil, err
	}
	b, err := p.body("endfilter")
	return filterStmt{f, b}, err
}

func (p *parser) macroTag() (stmt, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	st := macroStmt{name: name}
	if err := p.need("("); err != nil {
		return nil, err
	}
	if st.params, err = p.params(); err != nil {
		return nil, err
	}
	outer := p.uses
	p.uses = uses{}
	st.body, err = p.outsideLoops(func() (block, error) { return p.body("endmacro") })
	st.uses = p.uses
	p.uses = outer
	return st, err
}

func (p *parser) callTag() (stmt, error) {
	var st callStmt
	var err error
	if p.op("(") {
		if st.params, err = p.params(); err != nil {
			return nil, err
		}
	}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	call, ok := e.(callExpr)
	if !ok {
		return nil, p.failf("expected a call")
	}
	st.call = call
	st.body, err = p.outsideLoops(func() (block, error) { return p.body("endcall") })
	return st, err
}

// outsideLoops parses a body that the loops around it don't reach into.
func (p *parser) outsideLoops(parse func() (block, error)) (block, error) {
	loops := p.loops
	p.loops = 0
	defer func() { p.loops = loops }()
	return parse()
}

// params parses the parameters of a macro, from behind the parenthesis.
func (p *parser) params() ([]param, error) {
	var params []param
	for !p.op(")") {
		if len(params) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
			if p.op(")") {
				break
			}
		}
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		q := param{name: name}
		if p.op("=") {
			if q.value, err = p.expression(); err != nil {
				return nil, err
			}
		} else if len(params) > 0 && params[len(params)-1].value != nil {
			return nil, p.failf("parameter %s needs a default, as the one before it has", name)
		}
		params = append(params, q)
	}
	return params, nil
}

func (p *parser) withTag() (stmt, error) {
	var st scopeStmt
	for p.peek().kind != tokTagEnd {
		if len(st.targets) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
		}
		target, err := p.targetItem()
		if err != nil {
			return nil, err
		}
		if err := p.need("="); err != nil {
			return nil, err
		}
		value, err := p.expression()
		if err != nil {
			return nil, err
		}
		st.targets = append(st.targets, target)
		st.values = append(st.values, value)
	}
	var err error
	st.body, err = p.body("endwith")
	return st, err
}

package chat

// expression parses one expression, with an inline if.
func (p *parser) expression() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	for n := 0; p.word("if"); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		c := condExpr{then: e}
		if c.test, err = p.or(); err != nil {
			return nil, err
		}
		if p.word("else") {
			if c.otherwise, err = p.expression(); err != nil {
				return nil, err
			}
		}
		e = c
	}
	return e, nil
}

func (p *parser) or() (expr, error) {
	left, err := p.and()
	for n := 0; err == nil && p.word("or"); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		var right expr
		right, err = p.and()
		left = boolExpr{or: true, left: left, right: right}
	}
	return left, err
}

func (p *parser) and() (expr, error) {
	left, err := p.not()
	for n := 0; err == nil && p.word("and"); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		var right expr
		right, err = p.not()
		left = boolExpr{left: left, right: right}
	}
	return left, err
}

func (p *parser) not() (expr, error) {
	if !p.word("not") {
		return p.compare()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	e, err := p.not()
	return notExpr{e}, err
}

func (p *parser) compare() (expr, error) {
	first, err := p.sum()
	if err != nil {
		return nil, err
	}
	c := compareExpr{first: first}
	for {
		op := p.comparison()
		if op == "" {
			break
		}
		operand, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.ops = append(c.ops, op)
		c.operands = append(c.operands, operand)
	}
	if len(c.ops) == 0 {
		return first, nil
	}
	return c, nil
}

// comparison takes a comparison operator, or returns "".
func (p *parser) comparison() string {
	t := p.peek()
	switch {
	case t.kind == tokOp:
		switch t.text {
		case "==", "!=", "<", "<=", ">", ">=":
			p.pos++
			return t.text
		}
	case p.word("in"):
		return "in"
	case t.kind == tokName && t.text == "not" && p.peekAt(1).kind == tokName && p.peekAt(1).text == "in":
		p.pos += 2
		return "not in"
	}
	return ""
}

func (p *parser) sum() (expr, error) {
	return p.binary(p.concat, "+", "-")
}

func (p *parser) concat() (expr, error) {
	first, err := p.product()
	if err != nil || !p.isOp("~") {
		return first, err
	}
	c := concatExpr{parts: []expr{first}}
	for p.op("~") {
		e, err := p.product()
		if err != nil {
			return nil, err
		}
		c.parts = append(c.parts, e)
	}
	return c, nil
}

func (p *parser) product() (expr, error) {
	return p.binary(p.power, "*", "/", "//", "%")
}

func (p *parser) power() (expr, error) {
	return p.binary(func() (expr, error) { return p.unary(true) }, "**")
}

// binary parses operands joined by left-associative operators.
func (p *parser) binary(operand func() (expr, error), ops ...string) (expr, error) {
	left, err := operand()
	for n := 0; err == nil; n++ {
		t := p.peek()
		if t.kind != tokOp || indexOf(ops, t.text) < 0 {
			break
		}
		if err := p.chain(n); err != nil {
			return nil, err
		}
		p.pos++
		var right expr
		right, err = operand()
		left = binExpr{op: t.text, left: left, right: right}
	}
	return left, err
}

// unary parses a sign, and a primary with what is attached to it. As in Jinja, a
// filter after a signed number applies to the signed one.
func (p *parser) unary(filters bool) (e expr, err error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	switch {
	case p.op("-"):
		e, err = p.unary(false)
		e = signExpr{of: e, negative: true}
	case p.op("+"):
		e, err = p.unary(false)
		e = signExpr{of: e}
	default:
		e, err = p.primary()
	}
	if err == nil {
		e, err = p.postfix(e)
	}
	if err == nil && filters {
		e, err = p.filters(e)
	}
	return e, err
}

// tuple parses expressions with commas between: one without a comma is itself.
func (p *parser) tuple(end func() bool) (expr, error) {
	var items []expr
	comma := false
	for !end() {
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if !p.op(",") {
			break
		}
		comma = true
	}
	if len(items) == 1 && !comma {
		return items[0], nil
	}
	if len(items) == 0 {
		return nil, p.unexpected("an expression")
	}
	return tupleExpr{items}, nil
}

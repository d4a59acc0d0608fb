package chat

import "strconv"

// postfix parses the attributes, indices and calls attached to e.
func (p *parser) postfix(e expr) (expr, error) {
	for n := 0; ; n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		var err error
		switch {
		case p.op("."):
			t := p.take()
			switch t.kind {
			case tokName:
				e = attrExpr{e, t.text}
			case tokInt:
				i, err := strconv.ParseInt(t.text, 0, 64)
				if err != nil {
					return nil, p.failf("the number %s is too large", t.text)
				}
				e = indexExpr{e, constant{i}}
			default:
				return nil, p.failf("expected a name after the dot, found %s", t.describe())
			}
		case p.op("["):
			e, err = p.subscript(e)
		case p.op("("):
			var args argList
			args, err = p.arguments()
			e = callExpr{e, args}
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// subscript parses what stands in square brackets behind a value.
func (p *parser) subscript(of expr) (expr, error) {
	var parts [3]expr
	colons := 0
	for !p.op("]") {
		if p.op(":") {
			if colons++; colons > 2 {
				return nil, p.failf("a slice has at most two colons")
			}
			continue
		}
		if parts[colons] != nil {
			return nil, p.unexpected("]")
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		parts[colons] = e
	}
	if colons > 0 {
		return sliceExpr{of: of, from: parts[0], to: parts[1], step: parts[2]}, nil
	}
	if parts[0] == nil {
		return nil, p.failf("expected an index between the brackets")
	}
	return indexExpr{of, parts[0]}, nil
}

// arguments parses the arguments of a call, from behind the parenthesis.
func (p *parser) arguments() (argList, error) {
	var l argList
	for first := true; !p.op(")"); first = false {
		if !first {
			if err := p.need(","); err != nil {
				return l, err
			}
			if p.op(")") {
				break
			}
		}
		if err := p.argument(&l); err != nil {
			return l, err
		}
	}
	return l, nil
}

func (p *parser) argument(l *argList) (err error) {
	next := p.peekAt(1)
	switch {
	case p.op("**"):
		l.stars, err = p.expression()
	case p.op("*"):
		l.star, err = p.expression()
	case p.peek().kind == tokName && next.kind == tokOp && next.text == "=":
		n := namedExpr{name: p.take().text}
		p.pos++
		n.value, err = p.expression()
		l.named = append(l.named, n)
	default:
		if len(l.named) > 0 || l.stars != nil {
			return p.failf("an argument without a name follows one with a name")
		}
		var e expr
		e, err = p.expression()
		l.pos = append(l.pos, e)
	}
	return err
}

// filters parses the filters, tests and calls that follow a value.
func (p *parser) filters(e expr) (expr, error) {
	for n := 0; ; n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		var err error
		switch {
		case p.op("|"):
			e, err = p.filter(e)
		case p.word("is"):
			e, err = p.test(e)
		case p.op("("):
			var args argList
			args, err = p.arguments()
			e = callExpr{e, args}
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) filter(of expr) (expr, error) {
	f := filterExpr{of: of}
	var err error
	if f.name, err = p.name(); err != nil {
		return nil, err
	}
	if p.op("(") {
		f.args, err = p.arguments()
	}
	return f, err
}

// test parses a test from behind the "is". Its argument may do without parentheses.
func (p *parser) test(of expr) (expr, error) {
	negate := p.word("not")
	t := testExpr{of: of}
	var err error
	if t.name, err = p.name(); err != nil {
		return nil, err
	}
	switch {
	case p.op("("):
		t.args, err = p.arguments()
	case p.startsOperand():
		if p.isWord("is") {
			return nil, p.failf("tests can't be chained")
		}
		var arg expr
		if arg, err = p.primary(); err == nil {
			arg, err = p.postfix(arg)
		}
		t.args.pos = []expr{arg}
	}
	if negate {
		return notExpr{t}, err
	}
	return t, err
}

// startsOperand reports whether an operand without parentheses follows a test.
func (p *parser) startsOperand() bool {
	t := p.peek()
	switch t.kind {
	case tokName:
		return t.text != "else" && t.text != "or" && t.text != "and"
	case tokString, tokInt, tokFloat:
		return true
	}
	return p.isOp("[") || p.isOp("{")
}

package chat

import "strconv"

// primary parses a name, a literal or something in brackets.
func (p *parser) primary() (expr, error) {
	t := p.peek()
	switch {
	case t.kind == tokName:
		p.pos++
		switch t.text {
		case "true", "True":
			return constant{true}, nil
		case "false", "False":
			return constant{false}, nil
		case "none", "None":
			return constant{nil}, nil
		case "varargs":
			p.uses.varargs = true
		case "kwargs":
			p.uses.kwargs = true
		case "caller":
			p.uses.caller = true
		}
		return nameExpr{t.text}, nil
	case t.kind == tokString:
		s := ""
		for p.peek().kind == tokString {
			s += p.take().text
		}
		return constant{s}, nil
	case t.kind == tokInt:
		p.pos++
		n, err := strconv.ParseInt(t.text, 0, 64)
		if err != nil {
			return nil, p.failf("the number %s is too large", t.text)
		}
		return constant{n}, nil
	case t.kind == tokFloat:
		p.pos++
		f, _ := strconv.ParseFloat(t.text, 64) // the lexer knows its form; beyond float64 it is infinite
		return constant{f}, nil
	case p.op("("):
		return p.parentheses()
	case p.op("["):
		items, err := p.items("]")
		return listExpr{items}, err
	case p.op("{"):
		return p.dict()
	}
	return nil, p.unexpected("an expression")
}

func (p *parser) parentheses() (expr, error) {
	if p.op(")") {
		return tupleExpr{}, nil
	}
	e, err := p.tuple(func() bool { return p.isOp(")") })
	if err != nil {
		return nil, err
	}
	return e, p.need(")")
}

// items parses expressions up to the closing bracket.
func (p *parser) items(end string) ([]expr, error) {
	var items []expr
	for !p.op(end) {
		if len(items) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
			if p.op(end) {
				break
			}
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return items, nil
}

func (p *parser) dict() (expr, error) {
	var d dictExpr
	for !p.op("}") {
		if len(d.keys) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
			if p.op("}") {
				break
			}
		}
		key, err := p.expression()
		if err != nil {
			return nil, err
		}
		if err := p.need(":"); err != nil {
			return nil, err
		}
		value, err := p.expression()
		if err != nil {
			return nil, err
		}
		d.keys = append(d.keys, key)
		d.values = append(d.values, value)
	}
	return d, nil
}

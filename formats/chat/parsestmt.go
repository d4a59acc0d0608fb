package chat

// block parses statements up to a tag named in ends, which it leaves: the parser
// stands on its name. Without ends it goes to the end of the template.
func (p *parser) block(ends []string) (block, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	body := block{}
	begin := p.tokens[max(p.pos-1, 0)].line
	for {
		t := p.take()
		var st stmt
		var err error
		switch t.kind {
		case tokEOF:
			if ends != nil {
				return nil, &Error{Line: begin, Msg: "the block that begins here has no " + ends[len(ends)-1]}
			}
			return body, nil
		case tokText:
			st = textStmt{t.text}
		case tokVarBegin:
			st, err = p.print()
		default:
			if p.peek().kind == tokName && indexOf(ends, p.peek().text) >= 0 {
				return body, nil
			}
			st, err = p.statement()
		}
		if err != nil {
			return nil, err
		}
		body = append(body, line{t.line, st})
	}
}

func (p *parser) print() (stmt, error) {
	e, err := p.tuple(func() bool { return p.peek().kind == tokVarEnd })
	if err != nil {
		return nil, err
	}
	if p.take().kind != tokVarEnd {
		p.pos--
		return nil, p.unexpected("}}")
	}
	return printStmt{e}, nil
}

// endTag takes the end of a tag.
func (p *parser) endTag() error {
	if p.peek().kind != tokTagEnd {
		return p.unexpected("%}")
	}
	p.pos++
	return nil
}

// body parses the body of a block tag: the end of the opening tag, the statements,
// the closing tag.
func (p *parser) body(end string) (block, error) {
	if err := p.endTag(); err != nil {
		return nil, err
	}
	b, err := p.block([]string{end})
	if err != nil {
		return nil, err
	}
	p.pos++
	return b, p.endTag()
}

func (p *parser) statement() (stmt, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	switch name {
	case "if":
		return p.ifTag()
	case "for":
		return p.forTag()
	case "set":
		return p.setTag()
	case "macro":
		return p.macroTag()
	case "call":
		return p.callTag()
	case "filter":
		return p.filterTag()
	case "with":
		return p.withTag()
	case "generation":
		b, err := p.outsideLoops(func() (block, error) { return p.body("endgeneration") })
		return scopeStmt{body: b}, err
	case "break", "continue":
		if p.loops == 0 {
			return nil, p.failf("%s outside of a loop", name)
		}
		if name == "break" {
			return jumpStmt{errBreak}, p.endTag()
		}
		return jumpStmt{errContinue}, p.endTag()
	}
	return nil, p.failf("unknown tag %s", name)
}

func (p *parser) ifTag() (stmt, error) {
	var st ifStmt
	for {
		var b branch
		var err error
		if b.test, err = p.tuple(never); err != nil {
			return nil, err
		}
		if err := p.endTag(); err != nil {
			return nil, err
		}
		if b.body, err = p.block([]string{"elif", "else", "endif"}); err != nil {
			return nil, err
		}
		st.branches = append(st.branches, b)
		switch p.take().text {
		case "endif":
			return st, p.endTag()
		case "else":
			st.otherwise, err = p.body("endif")
			return st, err
		}
	}
}

func never() bool { return false }

func (p *parser) forTag() (stmt, error) {
	var st forStmt
	var err error
	if st.target, err = p.target(); err != nil {
		return nil, err
	}
	if !p.word("in") {
		return nil, p.unexpected("in")
	}
	// The list has no inline if: an if here filters the elements.
	if st.over, err = p.forList(); err != nil {
		return nil, err
	}
	if p.word("if") {
		if st.filter, err = p.expression(); err != nil {
			return nil, err
		}
	}
	if err := p.endTag(); err != nil {
		return nil, err
	}
	p.loops++
	st.body, err = p.block([]string{"else", "endfor"})
	p.loops--
	if err != nil {
		return nil, err
	}
	if p.take().text == "else" {
		st.otherwise, err = p.body("endfor")
		return st, err
	}
	return st, p.endTag()
}

func (p *parser) forList() (expr, error) {
	e, err := p.or()
	if err != nil || !p.isOp(",") {
		return e, err
	}
	items := []expr{e}
	for p.op(",") && p.peek().kind != tokTagEnd {
		if e, err = p.or(); err != nil {
			return nil, err
		}
		items = append(items, e)
	}
	return tupleExpr{items}, nil
}

// target parses what a for or a set assigns to: names with commas between, perhaps
// in parentheses, or a namespace's attribute.
func (p *parser) target() (expr, error) {
	var items []expr
	comma := false
	for {
		e, err := p.targetItem()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if !p.op(",") {
			break
		}
		comma = true
		if p.isWord("in") || p.isOp("=") || p.isOp(")") {
			break
		}
	}
	if len(items) == 1 && !comma {
		return items[0], nil
	}
	return tupleExpr{items}, nil
}

func (p *parser) targetItem() (expr, error) {
	if p.op("(") {
		if err := p.enter(); err != nil {
			return nil, err
		}
		defer p.leave()
		e, err := p.target()
		if err != nil {
			return nil, err
		}
		return e, p.need(")")
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	switch name {
	case "true", "True", "false", "False", "none", "None", "not", "if", "in":
		return nil, p.failf("can't assign to %s", name)
	}
	if p.op(".") {
		attr, err := p.name()
		return attrExpr{nameExpr{name}, attr}, err
	}
	return nameExpr{name}, nil
}

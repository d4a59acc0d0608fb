package chat

// parser turns tokens into statements. Its grammar is Jinja's.
type parser struct {
	tokens []token
	pos    int
	depth  int // nesting of expressions and blocks
	loops  int // loops around the statement being parsed
	uses   uses
}

// uses says which of the names that Jinja defines for macros a macro's body has: it
// accepts arguments beyond its parameters only where it does.
type uses struct{ varargs, kwargs, caller bool }

func parse(tokens []token) (block, error) {
	p := &parser{tokens: tokens}
	body, err := p.block(nil)
	if err != nil {
		return nil, err
	}
	return body, nil
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) peekAt(n int) token {
	return p.tokens[min(p.pos+n, len(p.tokens)-1)]
}

func (p *parser) take() token {
	t := p.tokens[p.pos]
	if t.kind != tokEOF {
		p.pos++
	}
	return t
}

// op takes the operator if it is next.
func (p *parser) op(text string) bool {
	if t := p.peek(); t.kind == tokOp && t.text == text {
		p.pos++
		return true
	}
	return false
}

// word takes the name if it is next.
func (p *parser) word(text string) bool {
	if p.isWord(text) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) isWord(text string) bool {
	t := p.peek()
	return t.kind == tokName && t.text == text
}

func (p *parser) isOp(text string) bool {
	t := p.peek()
	return t.kind == tokOp && t.text == text
}

// need takes the operator or fails.
func (p *parser) need(op string) error {
	if !p.op(op) {
		return p.unexpected(op)
	}
	return nil
}

// name takes an identifier or fails.
func (p *parser) name() (string, error) {
	if p.peek().kind != tokName {
		return "", p.unexpected("a name")
	}
	return p.take().text, nil
}

func (p *parser) failf(format string, args ...any) error {
	return atLine(failf(format, args...), p.peek().line)
}

func (p *parser) unexpected(want string) error {
	return p.failf("expected %s, found %s", want, p.peek().describe())
}

func (t token) describe() string {
	switch t.kind {
	case tokEOF:
		return "the end of the template"
	case tokText:
		return "text"
	case tokVarBegin:
		return "{{"
	case tokVarEnd:
		return "}}"
	case tokTagBegin:
		return "{%"
	case tokTagEnd:
		return "%}"
	case tokString:
		return "a string"
	}
	return t.text
}

// enter counts one more level of nesting; leave takes it back.
func (p *parser) enter() error {
	p.depth++
	if p.depth > maxNesting {
		return p.failf("nested deeper than %d", maxNesting)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// chain fails when n operators stand in a row.
func (p *parser) chain(n int) error {
	if n > maxChain {
		return p.failf("more than %d operators in a row", maxChain)
	}
	return nil
}

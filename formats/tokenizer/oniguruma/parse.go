package oniguruma

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

const (
	maxDepth  = 100  // of nested groups
	maxRepeat = 1000 // of {n,m}
)

// parser reads a pattern from left to right.
type parser struct {
	src   string
	pos   int
	fold  bool // (?i) is on
	depth int
}

func parse(pattern string) (node, error) {
	if !utf8.ValidString(pattern) {
		return nil, fmt.Errorf("is not valid UTF-8")
	}
	p := &parser{src: pattern}
	n, err := p.choice()
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", p.pos, err)
	}
	if p.pos < len(p.src) {
		return nil, fmt.Errorf("byte %d: unmatched )", p.pos)
	}
	return n, nil
}

// take goes past s where it comes next.
func (p *parser) take(s string) bool {
	if !strings.HasPrefix(p.src[p.pos:], s) {
		return false
	}
	p.pos += len(s)
	return true
}

func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *parser) next() rune {
	r, n := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += n
	return r
}

// choice reads branches up to the end of the group.
func (p *parser) choice() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("groups are nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	var branches []node
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		branches = append(branches, n)
		if !p.take("|") {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return choice{branches}, nil
}

func (p *parser) sequence() (node, error) {
	var parts []node
	for p.pos < len(p.src) && p.peek() != '|' && p.peek() != ')' {
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n == nil { // a comment
			continue
		}
		if n, err = p.quantified(n); err != nil {
			return nil, err
		}
		if err := p.checkFold(parts, n); err != nil {
			return nil, err
		}
		parts = append(parts, n)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return sequence{parts}, nil
}

// checkFold refuses neighbours such as ss under (?i), which Oniguruma also
// matches with one character (ß).
func (p *parser) checkFold(parts []node, n node) error {
	if !p.fold || len(parts) == 0 {
		return nil
	}
	a, ok1 := parts[len(parts)-1].(oneOf)
	b, ok2 := n.(oneOf)
	if !ok1 || !ok2 {
		return nil
	}
	for _, pair := range [...]string{"ss", "ff", "fi", "fl", "st"} {
		if a.set.Contains(rune(pair[0])) && b.set.Contains(rune(pair[1])) {
			return fmt.Errorf("%q without regard to case is not supported", pair)
		}
	}
	return nil
}

// atom reads one character, class, group or anchor; nil for what matches
// nothing and takes no quantifier.
func (p *parser) atom() (node, error) {
	switch c := p.peek(); c {
	case '(':
		return p.group()
	case '[':
		set, err := p.class()
		return oneOf{set}, err
	case '\\':
		return p.escape()
	case '.':
		p.pos++
		return oneOf{ucd.Set{{Lo: '\n', Hi: '\n'}}.Invert()}, nil
	case '^':
		p.pos++
		return anchor{lineStart}, nil
	case '$':
		p.pos++
		return anchor{lineEnd}, nil
	case '*', '+', '?':
		return nil, fmt.Errorf("nothing for %c to repeat", c)
	}
	return p.literal(p.next())
}

// literal matches r, in either case under (?i).
func (p *parser) literal(r rune) (node, error) {
	set, err := p.folded(ucd.Set{{Lo: r, Hi: r}})
	return oneOf{set}, err
}

func (p *parser) group() (node, error) {
	p.pos++ // (
	wrap := func(n node) node { return n }
	switch {
	case !p.take("?"), p.take(":"):
	case p.take("="):
		wrap = func(n node) node { return look{body: n} }
	case p.take("!"):
		wrap = func(n node) node { return look{body: n, negate: true} }
	case p.take("<="):
		wrap = func(n node) node { return look{body: n, behind: true} }
	case p.take("<!"):
		wrap = func(n node) node { return look{body: n, behind: true, negate: true} }
	case p.take(">"):
		wrap = func(n node) node { return atomic{n} }
	case p.take("#"):
		end := strings.IndexByte(p.src[p.pos:], ')')
		if end < 0 {
			return nil, fmt.Errorf("the comment has no end")
		}
		p.pos += end + 1
		return nil, nil
	case p.take("<"):
		end := strings.IndexByte(p.src[p.pos:], '>')
		if end < 0 {
			return nil, fmt.Errorf("the group's name has no end")
		}
		p.pos += end + 1
	default:
		return p.options()
	}
	n, err := p.choice()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, fmt.Errorf("a group has no end")
	}
	return wrap(n), nil
}

// options reads (?i), (?-i), (?i:...) and (?-i:...), p being behind "(?".
func (p *parser) options() (node, error) {
	on := !p.take("-")
	if !p.take("i") {
		return nil, fmt.Errorf("(?%s is not supported", p.src[p.pos:min(p.pos+1, len(p.src))])
	}
	rest := p.take(")") // Ruby: the option holds a group that reaches to the end
	if !rest && !p.take(":") {
		return nil, fmt.Errorf("of the options only i is supported")
	}
	outer := p.fold
	p.fold = on
	n, err := p.choice()
	p.fold = outer
	if err != nil || rest {
		return n, err
	}
	if !p.take(")") {
		return nil, fmt.Errorf("a group has no end")
	}
	return n, nil
}

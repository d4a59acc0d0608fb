package oniguruma

import (
	"fmt"
	"strconv"
)

// quantified reads what may follow n: * + ? {n} {n,} {,m} {n,m}, each with ? for
// lazy, and all but the braces with + for possessive.
func (p *parser) quantified(n node) (node, error) {
	r := repeat{body: n, max: unbounded}
	braces := false
	switch {
	case p.take("*"):
	case p.take("+"):
		r.min = 1
	case p.take("?"):
		r.max = 1
	default:
		var ok bool
		if r.min, r.max, ok = p.braces(); !ok {
			return n, nil
		}
		braces = true
	}
	if _, ok := n.(anchor); ok {
		return nil, fmt.Errorf("a quantifier on an anchor is not supported")
	}
	if _, ok := n.(look); ok {
		return nil, fmt.Errorf("a quantifier on a look-around is not supported")
	}
	if r.min > maxRepeat || r.max > maxRepeat {
		return nil, fmt.Errorf("more than %d repetitions are not supported", maxRepeat)
	}
	if r.max != unbounded && r.min > r.max {
		return nil, fmt.Errorf("{%d,%d} is not supported", r.min, r.max)
	}
	switch {
	case p.take("?"):
		if braces && r.min == r.max { // Ruby: {n}? is the optional {n}
			return nil, fmt.Errorf("{%d}? is not supported", r.min)
		}
		r.mode = lazy
	case !braces && p.take("+"):
		r.mode = possessive
	}
	start := p.pos
	_, _, again := p.braces()
	p.pos = start
	if c := p.peek(); again || c == '*' || c == '+' || c == '?' {
		return nil, fmt.Errorf("a quantifier on a quantifier is not supported")
	}
	return r, nil
}

// braces reads {n}, {n,}, {,m} or {n,m}; anything else is no quantifier but
// literal text, and is left alone.
func (p *parser) braces() (lo, hi int, ok bool) {
	start := p.pos
	if !p.take("{") {
		return 0, 0, false
	}
	lo, hasLo := p.number()
	hi, hasHi := lo, hasLo
	if p.take(",") {
		if hi, hasHi = p.number(); !hasHi {
			hi = unbounded
		}
	}
	if !p.take("}") || !hasLo && !hasHi {
		p.pos = start
		return 0, 0, false
	}
	return lo, hi, true
}

func (p *parser) number() (int, bool) {
	start := p.pos
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.pos++
	}
	n, err := strconv.Atoi(p.src[start:p.pos])
	if err != nil && p.pos > start {
		return maxRepeat + 1, true // too large for an int
	}
	return n, err == nil
}

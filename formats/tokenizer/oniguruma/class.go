package oniguruma

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

// class reads [...]: members, ranges, escapes, nested classes, && for
// intersection, and ^ for all that isn't in it.
func (p *parser) class() (ucd.Set, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("classes are nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	p.pos++ // [
	if p.peek() == ':' {
		return nil, fmt.Errorf("POSIX brackets are not supported")
	}
	negate := p.take("^")
	if p.peek() == ']' {
		return nil, fmt.Errorf("an empty class, or one that begins with ], is not supported")
	}
	var whole, part ucd.Set
	intersect := false
	for !p.take("]") {
		if p.take("&&") {
			if intersect {
				part = whole.Intersect(part)
			}
			whole, part, intersect = part, nil, true
			continue
		}
		set, err := p.member()
		if err != nil {
			return nil, err
		}
		part = part.Union(set)
	}
	if intersect {
		part = whole.Intersect(part)
	}
	part, err := p.folded(part)
	if err != nil {
		return nil, err
	}
	if negate {
		part = part.Invert()
	}
	return part, nil
}

// member reads one member of a class, or a range.
func (p *parser) member() (ucd.Set, error) {
	if p.peek() == '[' {
		return p.class()
	}
	lo, set, err := p.classChar()
	if err != nil || set != nil {
		return set, err
	}
	rest := p.src[p.pos:]
	if !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") {
		return ucd.Set{{Lo: lo, Hi: lo}}, nil
	}
	p.pos++
	if p.peek() == '[' || p.pos >= len(p.src) {
		return nil, fmt.Errorf("a range without an end is not supported")
	}
	hi, set, err := p.classChar()
	switch {
	case err != nil:
		return nil, err
	case set != nil:
		return nil, fmt.Errorf("a range that ends in a class is not supported")
	case lo > hi:
		return nil, fmt.Errorf("the range %q-%q is empty", lo, hi)
	}
	return ucd.Set{{Lo: lo, Hi: hi}}, nil
}

// classChar reads a character, or the set that an escape such as \s stands for.
func (p *parser) classChar() (rune, ucd.Set, error) {
	if p.pos >= len(p.src) {
		return 0, nil, fmt.Errorf("a class has no end")
	}
	if p.peek() != '\\' {
		return p.next(), nil, nil
	}
	p.pos++
	switch {
	case p.take("b"):
		return '\b', nil, nil
	case p.take("w"):
		return 0, ucd.Letters(), nil
	case p.take("W"):
		return 0, ucd.Letters().Invert(), nil
	}
	return p.escapedChar()
}

// folded adds the other cases of the ASCII letters in s under (?i).
func (p *parser) folded(s ucd.Set) (ucd.Set, error) {
	if !p.fold {
		return s, nil
	}
	out := s
	for _, r := range s {
		for c := r.Lo; c <= r.Hi; c++ {
			if c >= 0x80 && unicode.SimpleFold(c) != c && !closed(s, c) {
				return nil, fmt.Errorf("(?i) on %q is not supported", c)
			}
			for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
				out = append(out[:len(out):len(out)], ucd.Range{Lo: f, Hi: f})
			}
		}
	}
	return ucd.Of(out...), nil
}

// closed reports whether s has all cases of c.
func closed(s ucd.Set, c rune) bool {
	for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
		if !s.Contains(f) {
			return false
		}
	}
	return true
}

// property reads {Name} or {^Name} behind \p or \P.
func (p *parser) property(negate bool) (ucd.Set, error) {
	end := strings.IndexByte(p.src[p.pos:], '}')
	if p.peek() != '{' || end < 0 {
		return nil, fmt.Errorf(`\p wants {name}`)
	}
	name := p.src[p.pos+1 : p.pos+end]
	p.pos += end + 1
	if inner, ok := strings.CutPrefix(name, "^"); ok {
		name, negate = inner, !negate
	}
	set := named(name)
	if set == nil {
		return nil, fmt.Errorf(`\p{%s} is not supported`, name)
	}
	if negate {
		set = set.Invert()
	}
	return set, nil
}

// longName is the short name of a category that files write out.
func longName(name string) string {
	switch name {
	case "Letter":
		return "L"
	case "Mark":
		return "M"
	case "Number":
		return "N"
	case "Punctuation", "Punct":
		return "P"
	case "Symbol":
		return "S"
	case "Separator":
		return "Z"
	}
	return name
}

func named(name string) ucd.Set {
	if n := longName(name); len(n) == 1 || len(n) == 2 {
		return ucd.Category(n)
	}
	switch name {
	case "Han", "Hiragana", "Katakana", "Hangul":
		return ucd.Script(name)
	case "Space", "White_Space":
		return ucd.Space()
	}
	return nil
}

// hex reads n hexadecimal digits, or any number of them in braces.
func (p *parser) hex(n int) (rune, error) {
	digits := ""
	if p.take("{") {
		end := strings.IndexByte(p.src[p.pos:], '}')
		if end < 0 {
			return 0, fmt.Errorf("a hexadecimal escape has no end")
		}
		digits = p.src[p.pos : p.pos+end]
		p.pos += end + 1
	} else {
		digits = p.src[p.pos:min(p.pos+n, len(p.src))]
		p.pos += len(digits)
	}
	v, err := strconv.ParseUint(digits, 16, 21)
	if err != nil || v > unicode.MaxRune || v >= 0xD800 && v < 0xE000 {
		return 0, fmt.Errorf("%q is no code point in hexadecimal", digits)
	}
	return rune(v), nil
}

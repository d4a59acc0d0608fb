package oniguruma

import (
	"fmt"
	"unicode"

	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

// escape reads a backslash and what follows it, outside a class.
func (p *parser) escape() (node, error) {
	p.pos++ // the backslash
	for name, kind := range map[string]anchorKind{
		"A": textStart, "z": textEnd, "Z": lastLine, "b": wordEdge, "B": notWordEdge,
	} {
		if p.take(name) {
			return anchor{kind}, nil
		}
	}
	r, set, err := p.escapedChar()
	if err != nil {
		return nil, err
	}
	if set != nil {
		if set, err = p.folded(set); err != nil {
			return nil, err
		}
		return oneOf{set}, nil
	}
	return p.literal(r)
}

// escapedChar reads what is behind a backslash: a character, or a set of them.
func (p *parser) escapedChar() (rune, ucd.Set, error) {
	if p.pos >= len(p.src) {
		return 0, nil, fmt.Errorf("a backslash ends the pattern")
	}
	c := p.next()
	switch c {
	case 'n':
		return '\n', nil, nil
	case 'r':
		return '\r', nil, nil
	case 't':
		return '\t', nil, nil
	case 'f':
		return '\f', nil, nil
	case 'v':
		return '\v', nil, nil
	case 'a':
		return '\a', nil, nil
	case 'e':
		return 0x1B, nil, nil
	case 'x':
		r, err := p.hexByte()
		return r, nil, err
	case 'u':
		r, err := p.hex(4)
		return r, nil, err
	case 's':
		return 0, ucd.Space(), nil
	case 'S':
		return 0, ucd.Space().Invert(), nil
	case 'd':
		return 0, ucd.Category("Nd"), nil
	case 'D':
		return 0, ucd.Category("Nd").Invert(), nil
	case 'w':
		return 0, ucd.Word(), nil
	case 'W':
		return 0, ucd.Word().Invert(), nil
	case 'p', 'P':
		set, err := p.property(c == 'P')
		return 0, set, err
	}
	if c < 0x80 && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
		return 0, nil, fmt.Errorf(`\%c is not supported`, c)
	}
	return c, nil, nil
}

// hexByte reads \xHH or \x{H...}. Of the bytes only ASCII's are characters.
func (p *parser) hexByte() (rune, error) {
	braced := p.peek() == '{'
	r, err := p.hex(2)
	if err == nil && r >= 0x80 && !braced {
		return 0, fmt.Errorf(`\x%X, a byte of a longer character, is not supported`, r)
	}
	return r, err
}

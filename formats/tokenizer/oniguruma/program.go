package oniguruma

import (
	"fmt"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/tokenizer/ucd"
)

const (
	maxProgram    = 20000 // instructions
	maxLookBehind = 255   // characters
)

type opcode uint8

const (
	opOne     opcode = iota // one character of set
	opSpan                  // lo to hi characters of set, as many as let the rest match
	opSplit                 // go on at x; failing that, at y
	opJump                  // go on at x
	opAnchor                // be at a place of kind
	opLook                  // sub matches ahead or behind, or doesn't
	opAtomic                // sub matches; its other ways are forgotten
	opMatched               // the end
)

// instruction is one step of a program; the fields in use depend on op.
type instruction struct {
	op         opcode
	set        *class
	lo, hi     int
	x, y       int
	kind       anchorKind
	sub        *program
	behind     bool
	negate     bool
	possessive bool
}

type program struct {
	code []instruction
	size *int // instructions of the whole pattern, subprograms included
}

// class is a set of characters with a bitmap of its ASCII half.
type class struct {
	ascii [2]uint64
	set   ucd.Set
}

func newClass(set ucd.Set) *class {
	c := &class{set: set}
	for r := rune(0); r < utf8.RuneSelf; r++ {
		if set.Contains(r) {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	return c
}

// at is the length of the character at text[pos] if it is in the class, else 0.
func (c *class) at(text string, pos int) int {
	if pos >= len(text) {
		return 0
	}
	if b := text[pos]; b < utf8.RuneSelf {
		return int(c.ascii[b>>6] >> (b & 63) & 1)
	}
	r, n := utf8.DecodeRuneInString(text[pos:])
	if c.set.Contains(r) {
		return n
	}
	return 0
}

func compile(tree node) (*program, error) {
	size := 0
	return finish(&program{size: &size}, tree)
}

func finish(p *program, tree node) (*program, error) {
	if err := p.add(tree); err != nil {
		return nil, err
	}
	_, err := p.emit(instruction{op: opMatched})
	return p, err
}

func (p *program) emit(in instruction) (int, error) {
	if *p.size++; *p.size > maxProgram {
		return 0, fmt.Errorf("the pattern is too large")
	}
	p.code = append(p.code, in)
	return len(p.code) - 1, nil
}

func (p *program) add(n node) error {
	switch n := n.(type) {
	case oneOf:
		_, err := p.emit(instruction{op: opOne, set: newClass(n.set)})
		return err
	case sequence:
		for _, part := range n.parts {
			if err := p.add(part); err != nil {
				return err
			}
		}
		return nil
	case choice:
		return p.addChoice(n.branches)
	case repeat:
		return p.addRepeat(n)
	case anchor:
		_, err := p.emit(instruction{op: opAnchor, kind: n.kind, set: newClass(ucd.Word())})
		return err
	case atomic:
		sub, err := finish(&program{size: p.size}, n.body)
		if err != nil {
			return err
		}
		_, err = p.emit(instruction{op: opAtomic, sub: sub})
		return err
	case look:
		return p.addLook(n)
	}
	return fmt.Errorf("%T is not supported", n)
}

func (p *program) addChoice(branches []node) error {
	var ends []int
	for i, b := range branches {
		if i == len(branches)-1 {
			if err := p.add(b); err != nil {
				return err
			}
			break
		}
		split, err := p.emit(instruction{op: opSplit})
		if err != nil {
			return err
		}
		p.code[split].x = split + 1
		if err := p.add(b); err != nil {
			return err
		}
		end, err := p.emit(instruction{op: opJump})
		if err != nil {
			return err
		}
		ends = append(ends, end)
		p.code[split].y = len(p.code)
	}
	for _, end := range ends {
		p.code[end].x = len(p.code)
	}
	return nil
}

func (p *program) addRepeat(r repeat) error {
	if one, ok := r.body.(oneOf); ok && r.mode != lazy {
		_, err := p.emit(instruction{op: opSpan, set: newClass(one.set), lo: r.min, hi: r.max, possessive: r.mode == possessive})
		return err
	}
	if r.mode == possessive {
		r.mode = greedy
		return p.add(atomic{r})
	}
	if lo, _ := widths(r.body); lo == 0 && r.max != 1 {
		return fmt.Errorf("repeating what may match nothing is not supported")
	}
	for i := 0; i < r.min; i++ {
		if err := p.add(r.body); err != nil {
			return err
		}
	}
	if r.max == unbounded {
		split, err := p.addOptional(r)
		if err != nil {
			return err
		}
		_, err = p.emit(instruction{op: opJump, x: split})
		p.leave(split, r.mode)
		return err
	}
	var splits []int
	for i := r.min; i < r.max; i++ { // x{0,2} is (x(x)?)?
		split, err := p.addOptional(r)
		if err != nil {
			return err
		}
		splits = append(splits, split)
	}
	for _, split := range splits {
		p.leave(split, r.mode)
	}
	return nil
}

// addOptional adds the body behind a split, which leave must complete.
func (p *program) addOptional(r repeat) (split int, err error) {
	if split, err = p.emit(instruction{op: opSplit}); err != nil {
		return 0, err
	}
	return split, p.add(r.body)
}

// leave lets a split choose between the body behind it and what comes next.
func (p *program) leave(split int, m mode) {
	in, out := split+1, len(p.code)
	if m == lazy {
		in, out = out, in
	}
	p.code[split].x, p.code[split].y = in, out
}

func (p *program) addLook(n look) error {
	in := instruction{op: opLook, behind: n.behind, negate: n.negate}
	if n.behind {
		if in.lo, in.hi = widths(n.body); in.hi == unbounded || in.hi > maxLookBehind {
			return fmt.Errorf("looking behind more than %d characters is not supported", maxLookBehind)
		}
	}
	var err error
	if in.sub, err = finish(&program{size: p.size}, n.body); err != nil {
		return err
	}
	_, err = p.emit(in)
	return err
}

package oniguruma

import "unicode/utf8"

// anywhere, as the place where a match must end, leaves it open.
const anywhere = -1

// Steps that matching may take: enough for patterns that are quadratic on runs
// of thousands of characters, too few to hang on one that is exponential.
const (
	stepsBase    = 1 << 22
	stepsPerByte = 4096
)

// machine runs programs over one text by backtracking.
type machine struct {
	text  string
	stack []choicePoint
	left  int // steps
}

// choicePoint is a way that hasn't been tried yet: to go on at pc from pos.
// Where floor < pos, it is a span that may also give back characters down to
// floor.
type choicePoint struct{ pc, pos, floor int }

func newMachine(text string) *machine {
	return &machine{text: text, left: stepsBase + stepsPerByte*len(text)}
}

func (m *machine) spent() bool { return m.left < 0 }

func runeLen(text string, pos int) int {
	if pos >= len(text) || text[pos] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(text[pos:])
	return n
}

// run matches p at pos, and says where the match ends; it has to end at want
// unless that is anywhere.
func (m *machine) run(p *program, pos, want int) (end int, ok bool) {
	base := len(m.stack)
	pc := 0
	for {
		if m.left--; m.left < 0 {
			m.stack = m.stack[:base]
			return 0, false
		}
		in := &p.code[pc]
		ok := true
		switch in.op {
		case opOne:
			n := in.set.at(m.text, pos)
			pos, ok = pos+n, n > 0
			pc++
		case opSpan:
			pos, ok = m.span(in, pc, pos)
			pc++
		case opSplit:
			m.stack = append(m.stack, choicePoint{in.y, pos, pos})
			pc = in.x
		case opJump:
			pc = in.x
		case opAnchor:
			ok = m.anchored(in, pos)
			pc++
		case opLook:
			ok = m.look(in, pos) != in.negate
			pc++
		case opAtomic:
			pos, ok = m.run(in.sub, pos, anywhere)
			pc++
		case opMatched:
			if want == anywhere || pos == want {
				m.stack = m.stack[:base]
				return pos, true
			}
			ok = false
		}
		if ok {
			continue
		}
		if len(m.stack) == base {
			return 0, false
		}
		top := &m.stack[len(m.stack)-1]
		pc = top.pc
		if top.pos > top.floor {
			_, n := utf8.DecodeLastRuneInString(m.text[top.floor:top.pos])
			top.pos -= n
		}
		pos = top.pos
		if top.pos <= top.floor {
			m.stack = m.stack[:len(m.stack)-1]
		}
	}
}

// span takes as many characters of the set as there are, and leaves a choice
// point for taking fewer.
func (m *machine) span(in *instruction, pc, pos int) (int, bool) {
	count, floor := 0, pos
	for in.hi == unbounded || count < in.hi {
		n := in.set.at(m.text, pos)
		if n == 0 {
			break
		}
		pos += n
		if count++; count <= in.lo {
			floor = pos
		}
	}
	m.left -= count
	if count < in.lo {
		return pos, false
	}
	if pos > floor && !in.possessive {
		m.stack = append(m.stack, choicePoint{pc + 1, pos, floor})
	}
	return pos, true
}

func (m *machine) look(in *instruction, pos int) bool {
	if !in.behind {
		_, ok := m.run(in.sub, pos, anywhere)
		return ok
	}
	for back, start := 0, pos; back <= in.hi; back++ {
		if back >= in.lo {
			if _, ok := m.run(in.sub, start, pos); ok {
				return true
			}
		}
		if start == 0 {
			break
		}
		_, n := utf8.DecodeLastRuneInString(m.text[:start])
		start -= n
	}
	return false
}

func (m *machine) anchored(in *instruction, pos int) bool {
	switch in.kind {
	case textStart:
		return pos == 0
	case textEnd:
		return pos == len(m.text)
	case lastLine:
		return pos == len(m.text) || pos == len(m.text)-1 && m.text[pos] == '\n'
	case lineStart:
		return pos == 0 || pos < len(m.text) && m.text[pos-1] == '\n'
	case lineEnd:
		return pos == len(m.text) || m.text[pos] == '\n'
	}
	before := false
	if pos > 0 {
		_, n := utf8.DecodeLastRuneInString(m.text[:pos])
		before = in.set.at(m.text, pos-n) > 0
	}
	return (before != (in.set.at(m.text, pos) > 0)) == (in.kind == wordEdge)
}

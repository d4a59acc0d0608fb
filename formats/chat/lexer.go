package chat

import (
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokText
	tokVarBegin // {{
	tokVarEnd
	tokTagBegin // {%
	tokTagEnd
	tokName
	tokString
	tokInt
	tokFloat
	tokOp
)

// token is one piece of a template. Text is what it says: of a string literal, its
// value.
type token struct {
	kind tokenKind
	text string
	line int
}

// lexer cuts a template into tokens, white space control done.
type lexer struct {
	src       string
	pos, line int
	lineStart bool // the last thing consumed ended a line
	tokens    []token
}

// lex does what Jinja's lexer does with trim_blocks and lstrip_blocks: line ends
// become \n, one at the very end is dropped, a tag takes the spaces before it on its
// line and the line end after it.
func lex(src string) ([]token, error) {
	if len(src) > maxSource {
		return nil, failf("it has %d bytes, more than %d", len(src), maxSource)
	}
	if !utf8.ValidString(src) {
		return nil, failf("it is not valid UTF-8")
	}
	src = strings.ReplaceAll(src, "\r\n", "\n")
	src = strings.ReplaceAll(src, "\r", "\n")
	src = strings.TrimSuffix(src, "\n")
	l := &lexer{src: src, line: 1, lineStart: true}
	for l.pos < len(l.src) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.emit(tokEOF, "")
	return l.tokens, nil
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind: kind, text: text, line: l.line})
}

// advance consumes n bytes.
func (l *lexer) advance(n int) {
	s := l.src[l.pos : l.pos+n]
	l.line += strings.Count(s, "\n")
	l.lineStart = strings.HasSuffix(s, "\n")
	l.pos += n
}

func (l *lexer) rest() string { return l.src[l.pos:] }

// next consumes the text up to the next tag, and that tag.
func (l *lexer) next() error {
	at := nextTag(l.rest())
	if at < 0 {
		l.emit(tokText, l.rest())
		l.pos = len(l.src)
		return nil
	}
	open := l.rest()[at : at+2]
	sign := signAt(l.rest(), at+2)
	l.text(at, sign, open != "{{")
	line := l.line
	l.advance(2 + len(sign))
	switch open {
	case "{#":
		return l.comment(line)
	case "{%":
		if ok, err := l.raw(); ok || err != nil {
			return err
		}
		l.emit(tokTagBegin, "")
		return l.inside("%}", tokTagEnd)
	}
	l.emit(tokVarBegin, "")
	return l.inside("}}", tokVarEnd)
}

// nextTag is where the next {{, {% or {# begins, or -1.
func nextTag(s string) int {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '{')
		if i < 0 || from+i+1 >= len(s) {
			return -1
		}
		from += i + 1
		if c := s[from]; c == '{' || c == '%' || c == '#' {
			return from - 1
		}
	}
}

// signAt is the "-" or "+" at s[i], or "".
func signAt(s string, i int) string {
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		return s[i : i+1]
	}
	return ""
}

// text consumes n bytes of plain text that a tag follows.
func (l *lexer) text(n int, sign string, isTag bool) {
	text := l.src[l.pos : l.pos+n]
	switch {
	case sign == "-":
		text = strings.TrimRightFunc(text, isSpace)
	case sign == "" && isTag:
		start := strings.LastIndexByte(text, '\n') + 1
		if (start > 0 || l.lineStart) && strings.TrimFunc(text[start:], isSpace) == "" {
			text = text[:start]
		}
	}
	if text != "" {
		l.emit(tokText, text)
	}
	l.advance(n)
}

// close consumes the end of a tag and what its sign takes of the text after it.
// trim says whether a plain end takes one line end, too.
func (l *lexer) close(end string, trim bool) {
	sign := signAt(l.src, l.pos)
	l.advance(len(sign) + len(end))
	after := l.rest()
	switch {
	case sign == "-":
		l.swallow(len(after) - len(strings.TrimLeftFunc(after, isSpace)))
	case sign == "" && trim && strings.HasPrefix(after, "\n"):
		l.swallow(1)
	}
}

func (l *lexer) swallow(n int) {
	if n > 0 {
		l.advance(n)
	}
}

func (l *lexer) comment(line int) error {
	end := strings.Index(l.rest(), "#}")
	if end < 0 {
		return &Error{Line: line, Msg: "the comment has no end"}
	}
	if end > 0 && signAt(l.rest(), end-1) != "" {
		end-- // its sign
	}
	l.advance(end)
	l.close("#}", true)
	return nil
}

// raw consumes {% raw %}...{% endraw %}, from behind the opening {%, if that is what
// is there.
func (l *lexer) raw() (bool, error) {
	n, ok := bareTag(l.rest(), "raw")
	if !ok {
		return false, nil
	}
	line := l.line
	l.advance(n)
	l.close("%}", false)
	for at := 0; ; at += 2 {
		i := strings.Index(l.rest()[at:], "{%")
		if i < 0 {
			return true, &Error{Line: line, Msg: "the raw block has no endraw"}
		}
		at += i
		sign := signAt(l.rest(), at+2)
		n, ok := bareTag(l.rest()[at+2+len(sign):], "endraw")
		if !ok {
			continue
		}
		l.text(at, sign, true)
		l.advance(2 + len(sign) + n)
		l.close("%}", true)
		return true, nil
	}
}

// bareTag reports whether s begins with a tag's name and its end, as in " raw -%}",
// and how long it is up to the end's sign.
func bareTag(s, name string) (int, bool) {
	t := strings.TrimLeftFunc(s, isSpace)
	if !strings.HasPrefix(t, name) {
		return 0, false
	}
	t = strings.TrimLeftFunc(t[len(name):], isSpace)
	n := len(s) - len(t)
	return n, strings.HasPrefix(t[len(signAt(t, 0)):], "%}")
}

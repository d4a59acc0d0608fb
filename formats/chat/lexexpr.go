package chat

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	floatPattern = regexp.MustCompile(`^(\d+_)*\d+((\.(\d+_)*\d+)?[eE][+-]?(\d+_)*\d+|\.(\d+_)*\d+)`)
	intPattern   = regexp.MustCompile(`^(0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[\da-fA-F])+|[1-9](_?\d)*|0(_?0)*)`)
)

// operators, longer ones first.
var operators = []string{
	"==", "!=", ">=", "<=", "//", "**",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

var closers = map[string]string{"(": ")", "[": "]", "{": "}"}

// inside consumes what stands between the braces of a tag, and their end.
func (l *lexer) inside(end string, endKind tokenKind) error {
	var open []string // closers that are due
	begin := l.line
	for {
		l.swallow(len(l.rest()) - len(strings.TrimLeftFunc(l.rest(), isSpace)))
		if len(open) == 0 && l.atEnd(end) {
			l.emit(endKind, "")
			l.close(end, end == "%}")
			return nil
		}
		s := l.rest()
		if s == "" {
			return &Error{Line: begin, Msg: "the tag has no end " + end}
		}
		if err := l.expression(s, &open); err != nil {
			return err
		}
	}
}

// atEnd reports whether the tag's end is next, with a sign that it may have: a
// variable has no "+".
func (l *lexer) atEnd(end string) bool {
	s := l.rest()
	sign := signAt(s, 0)
	return strings.HasPrefix(s[len(sign):], end) && (sign != "+" || end == "%}")
}

// expression consumes one token of an expression.
func (l *lexer) expression(s string, open *[]string) error {
	afterDot := l.pos > 0 && l.src[l.pos-1] == '.'
	if m := floatPattern.FindString(s); m != "" && !afterDot {
		l.emit(tokFloat, strings.ReplaceAll(m, "_", ""))
		l.advance(len(m))
		return nil
	}
	if m := intPattern.FindString(s); m != "" {
		l.emit(tokInt, strings.ReplaceAll(m, "_", ""))
		l.advance(len(m))
		return nil
	}
	if n := nameLen(s); n > 0 {
		l.emit(tokName, s[:n])
		l.advance(n)
		return nil
	}
	if s[0] == '\'' || s[0] == '"' {
		return l.stringLiteral(s)
	}
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return l.operator(op, open)
		}
	}
	c, _ := utf8.DecodeRuneInString(s)
	return &Error{Line: l.line, Msg: "unexpected character " + string(c)}
}

// operator consumes op and keeps the account of open brackets.
func (l *lexer) operator(op string, open *[]string) error {
	if due, ok := closers[op]; ok {
		*open = append(*open, due)
	} else if op == ")" || op == "]" || op == "}" {
		n := len(*open)
		if n == 0 {
			return &Error{Line: l.line, Msg: "unexpected " + op}
		}
		if due := (*open)[n-1]; due != op {
			return &Error{Line: l.line, Msg: "unexpected " + op + ", expected " + due}
		}
		*open = (*open)[:n-1]
	}
	l.emit(tokOp, op)
	l.advance(len(op))
	return nil
}

// nameLen is the length of the identifier that s begins with.
func nameLen(s string) int {
	for i, c := range s {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c) && !unicode.IsMark(c)) {
			return i
		}
	}
	return len(s)
}

// stringLiteral consumes a quoted string; it may hold line ends.
func (l *lexer) stringLiteral(s string) error {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			value, err := unescape(s[1:i])
			if err != nil {
				return atLine(err, l.line)
			}
			l.emit(tokString, value)
			l.advance(i + 1)
			return nil
		}
	}
	return &Error{Line: l.line, Msg: "the string has no end"}
}

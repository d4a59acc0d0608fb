package chat

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// str is Python's str(v), which is what {{ v }} prints.
func str(r *run, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case markup:
		return string(v), nil
	case undefined:
		return "", nil
	}
	return repr(r, v)
}

// repr is Python's repr(v).
func repr(r *run, v any) (string, error) {
	p := &printer{w: &output{run: r}}
	if err := p.value(v, 0); err != nil {
		return "", err
	}
	return p.w.String(), nil
}

type printer struct{ w *output }

func (p *printer) value(v any, depth int) error {
	if depth > maxDepth {
		return failf("a value is nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case *list:
		return p.list(v, depth)
	case *dict:
		return p.dict(v, depth)
	}
	return p.w.write(scalar(v))
}

// scalar is the repr of what has no elements.
func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return floatText(v)
	case string:
		return quote(v)
	case markup:
		return "Markup(" + quote(string(v)) + ")"
	case undefined:
		return "Undefined"
	}
	return "<" + typeName(v) + ">"
}

func (p *printer) list(v *list, depth int) error {
	open, end := "[", "]"
	switch v.kind {
	case aTuple:
		open, end = "(", ")"
		if len(v.items) == 1 {
			end = ",)"
		}
	case aRange, aView, aGenerator:
		return failf("a %s can't be printed; make it a list first", typeName(v))
	}
	return p.sequence(open, end, len(v.items), func(i int) error {
		return p.value(v.items[i], depth+1)
	})
}

func (p *printer) dict(v *dict, depth int) error {
	return p.sequence("{", "}", len(v.keys), func(i int) error {
		if err := p.value(v.keys[i], depth+1); err != nil {
			return err
		}
		if err := p.w.write(": "); err != nil {
			return err
		}
		return p.value(v.values[i], depth+1)
	})
}

// sequence prints n things between brackets.
func (p *printer) sequence(open, end string, n int, print func(i int) error) error {
	if err := p.w.write(open); err != nil {
		return err
	}
	for i := range n {
		if i > 0 {
			if err := p.w.write(", "); err != nil {
				return err
			}
		}
		if err := print(i); err != nil {
			return err
		}
	}
	return p.w.write(end)
}

// floatText is the repr of a float: the shortest digits that read back as f.
func floatText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	case f != 0 && (math.Abs(f) < 1e-4 || math.Abs(f) >= 1e16):
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote is the repr of a string: in single quotes, unless only double ones spare an
// escape.
func quote(s string) string {
	q := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	var b strings.Builder
	b.WriteRune(q)
	for _, c := range s {
		switch {
		case c == q || c == '\\':
			b.WriteRune('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c < 0x100:
			fmt.Fprintf(&b, `\x%02x`, c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
	}
	b.WriteRune(q)
	return b.String()
}

func runeCount(r *run, s string) (int, error) {
	return utf8.RuneCountInString(s), r.spend(len(s) / 8)
}

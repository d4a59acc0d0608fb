package chat

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// tojson is Python's json.dumps with the arguments that transformers' filter has.
func tojson(r *run, v any, a *args) (any, error) {
	opts, err := a.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys")
	if err != nil {
		return nil, err
	}
	given := func(i int) bool { return opts[i] != absent && opts[i] != nil }
	e := &encoder{w: &output{run: r}, item: ", ", key: ": "}
	e.ascii = given(0) && truth(opts[0])
	e.sorted = given(3) && truth(opts[3])
	if given(1) {
		e.item = ","
		if e.indent, err = jsonIndent(opts[1]); err != nil {
			return nil, err
		}
	}
	if given(2) {
		l, ok := opts[2].(*list)
		if !ok || len(l.items) != 2 {
			return nil, failf("the separators of tojson are a pair of strings")
		}
		var ok1, ok2 bool
		e.item, ok1 = text(l.items[0])
		e.key, ok2 = text(l.items[1])
		if !ok1 || !ok2 {
			return nil, failf("the separators of tojson are a pair of strings")
		}
	}
	err = e.value(v, 0)
	return e.w.String(), err
}

// jsonIndent is what each level is indented by; a pointer tells "" from no indent.
func jsonIndent(v any) (*string, error) {
	if s, ok := text(v); ok {
		return &s, nil
	}
	n, ok := wholeNumber(v)
	if !ok || n > 100 {
		return nil, failf("tojson can't indent by %s", scalar(v))
	}
	s := strings.Repeat(" ", int(max(n, 0)))
	return &s, nil
}

type encoder struct {
	w             *output
	item, key     string
	indent        *string
	ascii, sorted bool
}

func (e *encoder) value(v any, depth int) error {
	if depth > maxDepth {
		return failf("a value is nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case *list:
		if v.kind > aTuple {
			return failf("%s can't be written as JSON; make it a list first", describe(v))
		}
		return e.sequence("[", "]", len(v.items), depth, func(i int) error {
			return e.value(v.items[i], depth+1)
		})
	case *dict:
		return e.dict(v, depth)
	}
	s, ok := e.scalar(v)
	if !ok {
		return failf("%s can't be written as JSON", describe(v))
	}
	return e.w.write(s)
}

func (e *encoder) dict(d *dict, depth int) error {
	at := make([]int, len(d.keys))
	keys := make([]string, len(d.keys))
	for i, k := range d.keys {
		at[i] = i
		if s, ok := text(k); ok {
			keys[i] = s
		} else if keys[i], ok = e.scalar(k); !ok {
			return failf("%s can't be a key in JSON", describe(k))
		}
	}
	if e.sorted {
		slices.SortStableFunc(at, func(i, j int) int { return strings.Compare(keys[i], keys[j]) })
	}
	return e.sequence("{", "}", len(at), depth, func(i int) error {
		if err := e.w.write(e.quote(keys[at[i]]) + e.key); err != nil {
			return err
		}
		return e.value(d.values[at[i]], depth+1)
	})
}

func (e *encoder) sequence(open, end string, n, depth int, write func(i int) error) error {
	if err := e.w.write(open); err != nil {
		return err
	}
	for i := range n {
		sep := ""
		if i > 0 {
			sep = e.item
		}
		if err := e.w.write(sep + e.newline(depth+1)); err != nil {
			return err
		}
		if err := write(i); err != nil {
			return err
		}
	}
	if n > 0 {
		end = e.newline(depth) + end
	}
	return e.w.write(end)
}

func (e *encoder) newline(depth int) string {
	if e.indent == nil {
		return ""
	}
	return "\n" + strings.Repeat(*e.indent, depth)
}

func (e *encoder) scalar(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN", true
		case math.IsInf(v, 0):
			return strings.Replace(floatText(v), "inf", "Infinity", 1), true
		}
		return floatText(v), true
	}
	s, ok := text(v)
	return e.quote(s), ok
}

// quote escapes what JSON requires, and with ascii all that is not ASCII.
func (e *encoder) quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c >= '\b' && c <= '\r' && c != '\v':
			b.WriteByte('\\')
			b.WriteByte("btn_fr"[c-'\b'])
		case c < ' ' || e.ascii && c >= 0x7f && c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		case e.ascii && c >= 0x10000:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

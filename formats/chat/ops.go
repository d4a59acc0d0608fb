package chat

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// number is v as int64 or float64, or nil if it is no number. Python counts bools.
func number(v any) any {
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case int64, float64:
		return v
	}
	return nil
}

// wholeNumber is v as an index.
func wholeNumber(v any) (int64, bool) {
	n, ok := number(v).(int64)
	return n, ok
}

// float is v as a float, if it is a number.
func float(v any) (float64, bool) {
	switch n := number(v).(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// arithmetic is left op right.
func arithmetic(r *run, op string, left, right any) (any, error) {
	if err := r.spend(stepWork); err != nil {
		return nil, err
	}
	a, b := number(left), number(right)
	if a != nil && b != nil {
		return calculate(op, a, b)
	}
	v, done, err := sequences(r, op, left, right)
	if done || err != nil {
		return v, err
	}
	for _, v := range []any{left, right} {
		if u, ok := v.(undefined); ok {
			return nil, failf("%s is undefined", u.what)
		}
	}
	return nil, failf("no %s between %s and %s", op, describe(left), describe(right))
}

// sequences are the operations on strings and lists; done tells if this is one.
func sequences(r *run, op string, left, right any) (v any, done bool, err error) {
	switch op {
	case "+":
		if a, ok := text(left); ok {
			if b, ok := text(right); ok {
				v, err := add(r, left, right, a, b)
				return v, true, err
			}
		}
		a, aok := left.(*list)
		b, bok := right.(*list)
		if aok && bok && a.kind == b.kind && a.kind <= aTuple {
			items := make([]any, 0, len(a.items)+len(b.items))
			return &list{kind: a.kind, items: append(append(items, a.items...), b.items...)}, true,
				r.spend(stepWork * (len(a.items) + len(b.items)))
		}
	case "*":
		if _, ok := wholeNumber(left); ok {
			left, right = right, left
		}
		if n, ok := wholeNumber(right); ok {
			return repeat(r, left, max(n, 0))
		}
	}
	return nil, false, nil
}

// add joins two strings; markup escapes what it is joined with.
func add(r *run, left, right any, a, b string) (any, error) {
	_, safeLeft := left.(markup)
	_, safeRight := right.(markup)
	if safeLeft != safeRight {
		if safeLeft {
			b = escape(b)
		} else {
			a = escape(a)
		}
	}
	if err := r.str(len(a) + len(b)); err != nil {
		return nil, err
	}
	if safeLeft || safeRight {
		return markup(a + b), nil
	}
	return a + b, nil
}

// repeat is of * n; done tells if of can be repeated.
func repeat(r *run, of any, n int64) (v any, done bool, err error) {
	if s, ok := text(of); ok {
		n, err := times(r, len(s), n)
		if err != nil {
			return nil, true, err
		}
		s = strings.Repeat(s, n)
		if _, safe := of.(markup); safe {
			return markup(s), true, nil
		}
		return s, true, nil
	}
	l, ok := of.(*list)
	if !ok || l.kind > aTuple {
		return nil, false, nil
	}
	count, err := times(r, stepWork*len(l.items), n)
	if err != nil {
		return nil, true, err
	}
	return &list{kind: l.kind, items: slices.Repeat(l.items, count)}, true, nil
}

// times charges for n copies of what has size bytes, and returns n. Of nothing, no
// copy is enough.
func times(r *run, size int, n int64) (int, error) {
	if size == 0 {
		return 0, nil
	}
	return int(n), r.str(int(min(n, maxOutput/int64(size)+1)) * size)
}

// calculate is arithmetic on numbers, each an int64 or a float64.
func calculate(op string, a, b any) (any, error) {
	x, xok := a.(int64)
	y, yok := b.(int64)
	if xok && yok && op != "/" && !(op == "**" && y < 0) {
		return integers(op, x, y)
	}
	f, _ := float(a)
	g, _ := float(b)
	if g == 0 && (op == "/" || op == "//" || op == "%") || f == 0 && g < 0 && op == "**" {
		return nil, failf("division by zero")
	}
	switch op {
	case "+":
		return f + g, nil
	case "-":
		return f - g, nil
	case "*":
		return f * g, nil
	case "/":
		return f / g, nil
	case "//":
		return math.Floor(f / g), nil
	case "%":
		m := math.Mod(f, g)
		if m != 0 && (m < 0) != (g < 0) {
			m += g
		}
		return m, nil
	}
	p := math.Pow(f, g)
	if math.IsInf(p, 0) || math.IsNaN(p) {
		return nil, failf("%s ** %s is out of range", floatText(f), floatText(g))
	}
	return p, nil
}

// compare is one comparison.
func compare(r *run, op string, left, right any) (bool, error) {
	switch op {
	case "==", "!=":
		same, err := equal(r, left, right)
		return same == (op == "=="), err
	case "in", "not in":
		in, err := contains(r, right, left)
		return in == (op == "in"), err
	}
	c, err := order(r, left, right, 0)
	switch op {
	case "<":
		return c == less, err
	case "<=":
		return c == less || c == same, err
	case ">":
		return c == greater, err
	}
	return c == greater || c == same, err
}

// The outcomes of order. NaN is unordered.
const (
	less = iota - 1
	same
	greater
	unordered
)

// order compares what Python can order: numbers, strings, lists.
func order(r *run, left, right any, depth int) (int, error) {
	if err := r.spend(matchWork); err != nil {
		return 0, err
	}
	f, fok := float(left)
	g, gok := float(right)
	if fok && gok {
		a, aok := wholeNumber(left)
		b, bok := wholeNumber(right)
		switch {
		case aok && bok:
			return cmp.Compare(a, b), nil
		case math.IsNaN(f) || math.IsNaN(g):
			return unordered, nil
		}
		return cmp.Compare(f, g), nil
	}
	a, aok := text(left)
	b, bok := text(right)
	if aok && bok {
		return strings.Compare(a, b), r.spend(min(len(a), len(b)))
	}
	l, lok := left.(*list)
	m, mok := right.(*list)
	if !lok || !mok || l.kind != m.kind || l.kind > aTuple {
		return 0, failf("%s and %s have no order", describe(left), describe(right))
	}
	if depth > maxDepth {
		return 0, failf("a value is nested deeper than %d", maxDepth)
	}
	for i := range min(len(l.items), len(m.items)) {
		eq, err := equalAt(r, l.items[i], m.items[i], depth+1)
		if err != nil {
			return 0, err
		}
		if !eq {
			return order(r, l.items[i], m.items[i], depth+1)
		}
	}
	return cmp.Compare(len(l.items), len(m.items)), nil
}

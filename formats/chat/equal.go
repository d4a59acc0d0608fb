package chat

import (
	"math"
	"math/bits"
	"strings"
)

// equal is left == right.
func equal(r *run, left, right any) (bool, error) { return equalAt(r, left, right, 0) }

func equalAt(r *run, left, right any, depth int) (bool, error) {
	if depth > maxDepth {
		return false, failf("a value is nested deeper than %d", maxDepth)
	}
	if err := r.spend(matchWork); err != nil {
		return false, err
	}
	if a, ok := wholeNumber(left); ok {
		if b, ok := wholeNumber(right); ok {
			return a == b, nil
		}
	}
	if f, ok := float(left); ok {
		g, ok := float(right)
		return ok && f == g, nil
	}
	if a, ok := text(left); ok {
		b, ok := text(right)
		return ok && a == b, r.spend(min(len(a), len(b)))
	}
	switch a := left.(type) {
	case nil:
		return right == nil, nil
	case undefined:
		_, ok := right.(undefined)
		return ok, nil
	case *list:
		b, ok := right.(*list)
		if !ok || a == b {
			return ok, nil
		}
		return equalLists(r, a, b, depth)
	case *dict:
		b, ok := right.(*dict)
		if !ok || len(a.keys) != len(b.keys) {
			return false, nil
		}
		for i, k := range a.keys {
			v, ok := b.get(k)
			if !ok {
				return false, nil
			}
			if eq, err := equalAt(r, a.values[i], v, depth+1); !eq || err != nil {
				return false, err
			}
		}
		return true, nil
	case *namespace:
		return left == right, nil
	case *loopState:
		return left == right, nil
	}
	return false, nil
}

func equalLists(r *run, a, b *list, depth int) (bool, error) {
	if a.kind != b.kind || a.kind > aRange || len(a.items) != len(b.items) {
		return false, nil
	}
	for i := range a.items {
		if eq, err := equalAt(r, a.items[i], b.items[i], depth+1); !eq || err != nil {
			return false, err
		}
	}
	return true, nil
}

// contains is "v in of".
func contains(r *run, of, v any) (bool, error) {
	if s, ok := text(of); ok {
		part, ok := text(v)
		if !ok {
			return false, failf("%s can't be in a str", describe(v))
		}
		return strings.Contains(s, part), r.spend(len(s))
	}
	if d, ok := of.(*dict); ok {
		switch l, _ := v.(*list); v.(type) {
		case *list, *dict:
			if l == nil || l.kind == aList {
				return false, failf("%s can't be a key", describe(v))
			}
		}
		_, ok := d.get(v)
		return ok, nil
	}
	items, err := elements(r, of)
	if err != nil {
		return false, err
	}
	for _, item := range items {
		if eq, err := equal(r, item, v); eq || err != nil {
			return eq, err
		}
	}
	return false, nil
}

// integers is arithmetic on integers. Python's have no limit; a result beyond 64
// bits is an error here.
func integers(op string, x, y int64) (any, error) {
	switch op {
	case "+":
		if sum := x + y; (sum > x) == (y > 0) {
			return sum, nil
		}
	case "-":
		if diff := x - y; (diff < x) == (y > 0) {
			return diff, nil
		}
	case "*":
		if p, ok := multiply(x, y); ok {
			return p, nil
		}
	case "//", "%":
		if y == 0 {
			return nil, failf("division by zero")
		}
		if x == math.MinInt64 && y == -1 {
			break
		}
		q, m := x/y, x%y
		if m != 0 && (m < 0) != (y < 0) {
			q, m = q-1, m+y
		}
		if op == "%" {
			return m, nil
		}
		return q, nil
	case "**":
		if p, ok := power(x, y); ok {
			return p, nil
		}
	}
	return nil, failf("%d %s %d is out of range", x, op, y)
}

func multiply(x, y int64) (int64, bool) {
	if x == math.MinInt64 || y == math.MinInt64 {
		return 0, x == 0 || y == 0
	}
	hi, lo := bits.Mul64(uint64(max(x, -x)), uint64(max(y, -y)))
	return x * y, hi == 0 && lo <= math.MaxInt64
}

func power(x, y int64) (int64, bool) {
	if x == 0 || x == 1 {
		if y == 0 {
			return 1, true
		}
		return x, true
	}
	if y > 64 && x != -1 {
		return 0, false
	}
	p, ok := int64(1), true
	for range y % 128 { // -1 needs only the parity
		if p, ok = multiply(p, x); !ok {
			return 0, false
		}
	}
	return p, true
}

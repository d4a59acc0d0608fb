package chat

import (
	"strings"
	"unicode"
)

// test is "of is name(args)".
func test(r *run, name string, of any, a *args) (bool, error) {
	if op, ok := comparisons[name]; ok {
		v, err := a.bind("the test "+name, "other")
		if err != nil {
			return false, err
		}
		if v[0] == absent {
			return false, failf("the test %s needs an argument", name)
		}
		if name == "divisibleby" {
			rest, err := arithmetic(r, "%", of, v[0])
			if err != nil {
				return false, err
			}
			return equal(r, rest, int64(0))
		}
		if name == "sameas" {
			return identical(of, v[0]), nil
		}
		return compare(r, op, of, v[0])
	}
	f := plainTests[name]
	if f == nil {
		return false, failf("there is no test named %s", name)
	}
	if len(a.pos)+len(a.named) > 0 {
		return false, failf("the test %s takes no argument", name)
	}
	return f(r, of)
}

// comparisons are the tests with an argument, and the operator each stands for.
var comparisons = map[string]string{
	"eq": "==", "equalto": "==", "==": "==",
	"ne": "!=", "!=": "!=",
	"lt": "<", "lessthan": "<", "<": "<",
	"le": "<=", "<=": "<=",
	"gt": ">", "greaterthan": ">", ">": ">",
	"ge": ">=", ">=": ">=",
	"in":          "in",
	"divisibleby": "", "sameas": "",
}

// plainTests are the tests without an argument.
var plainTests = map[string]func(r *run, v any) (bool, error){
	"defined":   is(func(v any) bool { _, ok := v.(undefined); return !ok }),
	"undefined": is(func(v any) bool { _, ok := v.(undefined); return ok }),
	"none":      is(func(v any) bool { return v == nil }),
	"boolean":   is(func(v any) bool { _, ok := v.(bool); return ok }),
	"true":      is(func(v any) bool { b, ok := v.(bool); return ok && b }),
	"false":     is(func(v any) bool { b, ok := v.(bool); return ok && !b }),
	"integer":   is(func(v any) bool { _, ok := v.(int64); return ok }),
	"float":     is(func(v any) bool { _, ok := v.(float64); return ok }),
	"number":    is(func(v any) bool { return number(v) != nil }),
	"string":    is(func(v any) bool { _, ok := text(v); return ok }),
	"mapping":   is(func(v any) bool { _, ok := v.(*dict); return ok }),
	"escaped":   is(func(v any) bool { _, ok := v.(markup); return ok }),
	"iterable":  is(iterable),
	"sequence":  is(sequence),
	"callable":  is(callable),
	"odd":       parity(1),
	"even":      parity(0),
	"upper":     allOf(unicode.IsUpper, unicode.IsLower),
	"lower":     allOf(unicode.IsLower, unicode.IsUpper),
}

func is(f func(v any) bool) func(*run, any) (bool, error) {
	return func(_ *run, v any) (bool, error) { return f(v), nil }
}

func iterable(v any) bool {
	switch v.(type) {
	case string, markup, undefined, *list, *dict:
		return true
	}
	return false
}

// sequence is what has a length and can be indexed. Jinja's undefined passes, too.
func sequence(v any) bool {
	if l, ok := v.(*list); ok {
		return l.kind <= aRange
	}
	return iterable(v)
}

func callable(v any) bool {
	switch v.(type) {
	case function, undefined: // an undefined can be called; that fails
		return true
	}
	return false
}

func parity(want int64) func(*run, any) (bool, error) {
	return func(r *run, v any) (bool, error) {
		rest, err := arithmetic(r, "%", v, int64(2))
		if err != nil {
			return false, err
		}
		return equal(r, rest, want)
	}
}

func allOf(want, other func(rune) bool) func(*run, any) (bool, error) {
	return func(r *run, v any) (bool, error) {
		s, err := str(r, v)
		return strings.ContainsFunc(s, want) && !strings.ContainsFunc(s, other), err
	}
}

// identical is Python's "is", for the values where it means anything.
func identical(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool, int64, float64, string, markup:
		return a == b
	case *list, *dict, *namespace, *loopState:
		return a == b
	}
	return false
}

package chat

import (
	"math"
	"unicode"
)

// Values are Python's: nil is None; bool, int64, float64 and string are themselves;
// the rest is below. None of them changes once made, but a namespace: the sandbox
// forbids it.

// listKind tells apart what Python tells apart among things with elements.
type listKind uint8

const (
	aList listKind = iota
	aTuple
	aRange
	aView      // dict.keys(), values(), items()
	aGenerator // what filters such as map give: no length, can be read once
)

type list struct {
	kind  listKind
	items []any
	read  bool // a generator that has been read
}

// dict keeps its keys in the order they came.
type dict struct {
	keys, values []any
	at           map[any]int
}

// undefined is Jinja's lenient kind: it prints as nothing, is false and has no
// elements, but anything more is an error that names it.
type undefined struct{ what string }

// markup is a string that the safe and escape filters made: what is added to it is
// escaped.
type markup string

// namespace is what {% set ns.name = ... %} may assign to.
type namespace struct{ vars map[string]any }

// function is anything callable.
type function struct {
	name string
	call func(r *run, a *args) (any, error)
}

func newList(items ...any) *list  { return &list{items: items} }
func newTuple(items ...any) *list { return &list{kind: aTuple, items: items} }
func newGenerator() *list         { return &list{kind: aGenerator} }

func newDict() *dict { return &dict{at: map[any]int{}} }

// noneKey stands for None among the keys of a dict.
type noneKey struct{}

// hashKey is the map key for a dict key: as in Python, 1, 1.0 and True are one.
func hashKey(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return noneKey{}, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), nil
		}
		return v, nil
	case int64, string:
		return v, nil
	case markup:
		return string(v), nil
	}
	return nil, failf("%s can't be a key", typeName(v))
}

func (d *dict) set(key, value any) error {
	h, err := hashKey(key)
	if err != nil {
		return err
	}
	if i, ok := d.at[h]; ok {
		d.values[i] = value
		return nil
	}
	d.at[h] = len(d.keys)
	d.keys = append(d.keys, key)
	d.values = append(d.values, value)
	return nil
}

func (d *dict) get(key any) (any, bool) {
	h, err := hashKey(key)
	if err != nil {
		return nil, false
	}
	i, ok := d.at[h]
	if !ok {
		return nil, false
	}
	return d.values[i], true
}

// pairs are the entries as tuples.
func (d *dict) pairs() []any {
	items := make([]any, len(d.keys))
	for i, k := range d.keys {
		items[i] = newTuple(k, d.values[i])
	}
	return items
}

// typeName is Python's name of v's type.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string, markup:
		return "str"
	case *dict:
		return "dict"
	case undefined:
		return "undefined"
	case *namespace:
		return "namespace"
	case *list:
		return [...]string{"list", "tuple", "range", "dict view", "generator"}[v.kind]
	case *loopState:
		return "loop"
	}
	return "function"
}

// text is v as a string, if it is one.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case markup:
		return string(v), true
	}
	return "", false
}

// truth is Python's bool(v).
func truth(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case markup:
		return v != ""
	case *list:
		return v.kind == aGenerator || len(v.items) > 0
	case *dict:
		return len(v.keys) > 0
	}
	return true
}

// length is Python's len(v).
func length(r *run, v any) (int, error) {
	if s, ok := text(v); ok {
		return runeCount(r, s)
	}
	switch v := v.(type) {
	case undefined:
		return 0, nil
	case *dict:
		return len(v.keys), nil
	case *list:
		if v.kind != aGenerator {
			return len(v.items), nil
		}
	}
	return 0, failf("a %s has no length", typeName(v))
}

// elements are what a for loop over v sees.
func elements(r *run, v any) ([]any, error) {
	switch v := v.(type) {
	case undefined:
		return nil, nil
	case *dict:
		return v.keys, r.spend(len(v.keys))
	case *list:
		if v.kind == aGenerator {
			if v.read {
				return nil, nil
			}
			v.read = true
		}
		return v.items, r.spend(len(v.items))
	}
	s, ok := text(v)
	if !ok {
		return nil, failf("a %s has no elements", typeName(v))
	}
	if err := r.spend(stepWork * len(s)); err != nil {
		return nil, err
	}
	var items []any
	for _, c := range s {
		items = append(items, string(c))
	}
	return items, nil
}

// isSpace is str.isspace for one character: Unicode's white space and four ASCII
// separators.
func isSpace(c rune) bool {
	return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f
}

package archcheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// value is a JSON value that keeps its keys' order and its numbers' digits.
type value struct {
	raw json.RawMessage // of all but objects
	obj *object
}

// object is a JSON object.
type object struct {
	keys   []string
	values map[string]value
}

func parse(b []byte) (value, error) {
	var raw map[string]json.RawMessage
	if trimmed := bytes.TrimSpace(b); len(trimmed) == 0 || trimmed[0] != '{' {
		return value{raw: bytes.Clone(b)}, nil
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return value{}, err
	}
	o := &object{values: make(map[string]value)}
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return value{}, err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return value{}, err
		}
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return value{}, err
		}
		name := key.(string)
		v, err := parse(skip)
		if err != nil {
			return value{}, err
		}
		if _, twice := o.values[name]; twice {
			return value{}, fmt.Errorf("key %q is there twice", name)
		}
		o.keys = append(o.keys, name)
		o.values[name] = v
	}
	return value{obj: o}, nil
}

func (v value) object() *object { return v.obj }

// add sets a key to a string.
func (o *object) add(key, text string) {
	raw, _ := json.Marshal(text)
	o.keys = append(o.keys, key)
	o.values[key] = value{raw: raw}
}

func (v value) clone() value {
	if v.obj == nil {
		return v
	}
	o := &object{keys: slices.Clone(v.obj.keys), values: make(map[string]value)}
	for key, inner := range v.obj.values {
		o.values[key] = inner.clone()
	}
	return value{obj: o}
}

// write gives JSON, with reverse the keys of every object the other way round.
func (v value) write(reverse bool) []byte {
	if v.obj == nil {
		var b bytes.Buffer
		if err := json.Compact(&b, v.raw); err != nil {
			return v.raw
		}
		return b.Bytes()
	}
	keys := slices.Clone(v.obj.keys)
	if reverse {
		slices.Reverse(keys)
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(key)
		b.Write(name)
		b.WriteByte(':')
		b.Write(v.obj.values[key].write(reverse))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// paths lists the way to every value within objects, objects themselves too.
func (v value) paths() [][]string {
	if v.obj == nil {
		return nil
	}
	var all [][]string
	for _, key := range v.obj.keys {
		all = append(all, []string{key})
		for _, rest := range v.obj.values[key].paths() {
			all = append(all, append([]string{key}, rest...))
		}
	}
	return all
}

// at returns the value at a path.
func (v value) at(path []string) value {
	for _, key := range path {
		v = v.obj.values[key]
	}
	return v
}

// with returns a copy with another value at a path; nil: with none.
func (v value) with(path []string, raw json.RawMessage) value {
	v = v.clone()
	o := v.at(path[:len(path)-1]).obj
	last := path[len(path)-1]
	if raw == nil {
		delete(o.values, last)
		o.keys = slices.DeleteFunc(o.keys, func(key string) bool { return key == last })
	} else {
		o.values[last] = value{raw: raw}
	}
	return v
}

package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/wellformed"
)

// object is a JSON object as Python reads it: its keys in their order, of a key that
// comes twice the last value.
type object struct {
	keys   []string
	values map[string]json.RawMessage
}

// get returns a key's value, which may be null.
func (o object) get(key string) (json.RawMessage, bool) {
	value, ok := o.values[key]
	return value, ok
}

// set puts in a key, or replaces its value.
func (o *object) set(key string, value json.RawMessage) {
	if o.values == nil {
		o.values = map[string]json.RawMessage{}
	}
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
}

// remove takes out a key.
func (o *object) remove(key string) {
	o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
	delete(o.values, key)
}

// parseObject reads a JSON object, and checks all of it.
func parseObject(data []byte) (object, error) {
	var o object
	if bytes.HasPrefix(data, []byte("\uFEFF")) {
		return o, hint.With(errors.New("begins with a byte order mark"), "save it as UTF-8 without one")
	}
	if err := wellformed.JSON(data); err != nil {
		return o, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return o, errors.New("is not a JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return o, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return o, err
		}
		o.set(key.(string), slices.Clone(value))
	}
	return o, nil
}

// nullConstants replaces NaN, Infinity and -Infinity, which Python writes into JSON
// and few others read, by null.
func nullConstants(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	out := make([]byte, 0, len(data))
	quoted := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\' && i+1 < len(data):
			out = append(out, c)
			i++
		case c == '"':
			quoted = !quoted
		case !quoted:
			if n := constant(data[i:]); n > 0 {
				out = append(out, "null"...)
				i += n - 1
				continue
			}
		}
		out = append(out, data[i])
	}
	return out
}

// constant is the length of the constant that data begins with, or 0.
func constant(data []byte) int {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(data, []byte(word)) {
			return len(word)
		}
	}
	return 0
}

package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// turns are messages as a template sees them.
func turns(messages []Message) (*list, error) {
	items := make([]any, len(messages))
	for i, m := range messages {
		d := newDict()
		for _, kv := range [][2]string{{"role", m.Role}, {"content", m.Content}} {
			if !utf8.ValidString(kv[1]) {
				return nil, fmt.Errorf("message %d: its %s is not valid UTF-8", i+1, kv[0])
			}
			if err := d.set(kv[0], kv[1]); err != nil {
				return nil, err
			}
		}
		items[i] = d
	}
	return newList(items...), nil
}

// variables are the values that a template sees, as transformers passes them: tools
// and documents are there, None, when nobody gives them.
func variables(messages *list, opts Options) (map[string]any, error) {
	vars := map[string]any{}
	for name, token := range opts.Special {
		vars[name] = token
	}
	vars["tools"], vars["documents"] = nil, nil
	for name, v := range opts.Extra {
		if name == "messages" || name == "add_generation_prompt" {
			return nil, fmt.Errorf("chat template variable %q is not one to set", name)
		}
		value, err := fromGo(v, 0)
		if err != nil {
			return nil, fmt.Errorf("chat template variable %q: %w", name, err)
		}
		vars[name] = value
	}
	vars["messages"] = messages
	vars["add_generation_prompt"] = opts.AddGenerationPrompt
	return vars, nil
}

// fromGo makes a value of a Go value.
func fromGo(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case nil, bool, int64, float64:
		return v, nil
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("a string is not valid UTF-8")
		}
		return v, nil
	case int:
		return int64(v), nil
	case json.RawMessage:
		return fromJSON(v)
	case []string:
		items := make([]any, len(v))
		for i, s := range v {
			items[i] = s
		}
		return fromGo(items, depth)
	case []any:
		items := make([]any, len(v))
		for i, e := range v {
			item, err := fromGo(e, depth+1)
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return newList(items...), nil
	case map[string]any:
		d := newDict()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			item, err := fromGo(v[k], depth+1)
			if err != nil {
				return nil, err
			}
			if err := d.set(k, item); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return nil, fmt.Errorf("a template can't use a %T", v)
}

// fromJSON reads one JSON value and keeps the order of its keys.
func fromJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("the JSON is not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := decode(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return v, nil
}

func decode(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Number:
		if i, err := tok.Int64(); err == nil {
			return i, nil
		}
		f, err := tok.Float64()
		if !strings.ContainsAny(tok.String(), ".eE") || err != nil || math.IsInf(f, 0) {
			return nil, fmt.Errorf("the number %s is too large", tok)
		}
		return f, nil
	case json.Delim:
		if tok == '[' {
			return decodeArray(dec, depth)
		}
		return decodeObject(dec, depth)
	}
	return tok, nil // nil, bool or string
}

func decodeArray(dec *json.Decoder, depth int) (any, error) {
	items := []any{}
	for dec.More() {
		v, err := decode(dec, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := dec.Token()
	return newList(items...), err
}

func decodeObject(dec *json.Decoder, depth int) (any, error) {
	d := newDict()
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := decode(dec, depth+1)
		if err != nil {
			return nil, err
		}
		if err := d.set(key, v); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return d, err
}

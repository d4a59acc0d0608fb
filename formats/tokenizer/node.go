package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// node is a JSON value and its path in the file, for errors. Its raw bytes are
// nil where the field is absent.
type node struct {
	path string
	raw  json.RawMessage
}

// object is a JSON object's fields under their exact names.
type object struct {
	path   string
	fields map[string]json.RawMessage
}

func (n node) null() bool { return n.raw == nil || string(n.raw) == "null" }

// kind is what the value is, for errors.
func (n node) kind() string {
	raw := bytes.TrimSpace(n.raw)
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "the number " + string(raw)
}

// read decodes the value into v; want says what it should be.
func (n node) read(v any, want string) error {
	if n.raw == nil || string(n.raw) == "null" {
		return fmt.Errorf("%s: found %s, expected %s", n.path, n.kind(), want)
	}
	if err := json.Unmarshal(n.raw, v); err != nil {
		return fmt.Errorf("%s: found %s, expected %s (%w)", n.path, n.kind(), want, err)
	}
	return nil
}

func (n node) object() (object, error) {
	o := object{path: n.path}
	return o, n.read(&o.fields, "an object")
}

func (n node) items() ([]node, error) {
	var raw []json.RawMessage
	if err := n.read(&raw, "an array"); err != nil {
		return nil, err
	}
	items := make([]node, len(raw))
	for i, r := range raw {
		items[i] = node{fmt.Sprintf("%s[%d]", n.path, i), r}
	}
	return items, nil
}

func (n node) text() (s string, err error) { return s, n.read(&s, "a string") }

// optionalText is "" where the value is absent or null.
func (n node) optionalText() (string, error) {
	if n.null() {
		return "", nil
	}
	return n.text()
}

// flag is a boolean, and what otherwise says where it is absent or null.
func (n node) flag(otherwise bool) (b bool, err error) {
	if n.null() {
		return otherwise, nil
	}
	return b, n.read(&b, "true or false")
}

func (n node) id() (int32, error) {
	var id int64
	if err := n.read(&id, "a token id"); err != nil {
		return 0, err
	}
	return checkID(n.path, id)
}

// maxTokenID leaves room for the vocabulary's size in an int32.
const maxTokenID = math.MaxInt32 - 1

func checkID(path string, id int64) (int32, error) {
	if id < 0 || id > maxTokenID {
		return 0, fmt.Errorf("%s: found %d, expected a token id from 0 to %d", path, id, maxTokenID)
	}
	return int32(id), nil
}

func (o object) get(name string) node {
	path := name
	if o.path != "" {
		path = o.path + "." + name
	}
	return node{path, o.fields[name]}
}

// kind is the object's type field.
func (o object) kind() (string, error) { return o.get("type").text() }

// unsupported is the error for a part of a type that this package doesn't know.
func (o object) unsupported(what, kind string) error {
	return fmt.Errorf("%s: the %s %q is not supported", o.get("type").path, what, kind)
}

// char is a string of one character.
func (n node) char() (rune, error) {
	s, err := n.text()
	if err != nil {
		return 0, err
	}
	if r := []rune(s); len(r) == 1 {
		return r[0], nil
	}
	return 0, fmt.Errorf("%s: found %q, expected one character", n.path, s)
}

package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/wellformed"
)

// header is a parsed header, its entries as yet in the order of the JSON.
type header struct {
	metadata map[string]string
	entries  []entry
}

// entry is a tensor with its range of the data, which begins after the header.
type entry struct {
	Tensor
	dtype      dtype
	count      int // of its elements
	begin, end int64
}

func parseHeader(raw []byte) (*header, error) {
	if err := wellformed.JSON(raw); err != nil {
		return nil, hint.With(err, again)
	}
	h := &header{}
	p := &parser{json.NewDecoder(bytes.NewReader(raw))}
	p.UseNumber()
	hadMetadata := false
	seen := map[string]bool{}
	err := p.object(func(name string) error {
		if name == "__metadata__" {
			if hadMetadata {
				return errors.New("__metadata__ comes twice")
			}
			hadMetadata = true
			return p.metadata(h)
		}
		if seen[name] {
			return fmt.Errorf("tensor %q comes twice", name)
		}
		seen[name] = true
		e, err := p.tensor()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		e.Name = name
		h.entries = append(h.entries, e)
		return nil
	})
	return h, err
}

// parser walks JSON that is known to be well-formed.
type parser struct{ *json.Decoder }

// object calls visit for each key; visit reads the value.
func (p *parser) object(visit func(key string) error) error {
	t, err := p.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return fmt.Errorf("found %s, expected an object", describe(t))
	}
	for p.More() {
		key, err := p.Token()
		if err != nil {
			return err
		}
		if err := visit(key.(string)); err != nil {
			return err
		}
	}
	_, err = p.Token()
	return err
}

func (p *parser) metadata(h *header) error {
	var value json.RawMessage
	if err := p.Decode(&value); err != nil {
		return err
	}
	if string(value) == "null" {
		return nil
	}
	h.metadata = map[string]string{}
	q := &parser{json.NewDecoder(bytes.NewReader(value))}
	err := q.object(func(key string) error {
		if _, ok := h.metadata[key]; ok {
			return fmt.Errorf("%q comes twice", key)
		}
		t, err := q.Token()
		if err != nil {
			return err
		}
		text, ok := t.(string)
		if !ok {
			return fmt.Errorf("%q: found %s, expected a string", key, describe(t))
		}
		h.metadata[key] = text
		return nil
	})
	if err != nil {
		return fmt.Errorf("__metadata__: %w", err)
	}
	return nil
}

// tensor reads {"dtype", "shape", "data_offsets"}. Other fields are skipped.
func (p *parser) tensor() (entry, error) {
	var e entry
	seen := map[string]bool{}
	err := p.object(func(field string) error {
		if seen[field] {
			return fmt.Errorf("%q comes twice", field)
		}
		seen[field] = true
		switch field {
		case "dtype":
			return p.dtype(&e)
		case "shape":
			return p.numbers("shape", func(n int64) { e.Shape = append(e.Shape, int(n)) })
		case "data_offsets":
			return p.offsets(&e)
		}
		var skipped json.RawMessage
		return p.Decode(&skipped)
	})
	if err != nil {
		return e, err
	}
	for _, field := range []string{"dtype", "shape", "data_offsets"} {
		if !seen[field] {
			return e, fmt.Errorf("has no %q", field)
		}
	}
	if e.Shape == nil {
		e.Shape = []int{}
	}
	return e, e.measure()
}

func (p *parser) dtype(e *entry) error {
	t, err := p.Token()
	if err != nil {
		return err
	}
	name, ok := t.(string)
	if !ok {
		return fmt.Errorf("dtype: found %s, expected a string", describe(t))
	}
	e.DType = name
	if e.dtype, ok = lookupType(name); !ok {
		return fmt.Errorf("dtype: %q is unknown", name)
	}
	return nil
}

func (p *parser) offsets(e *entry) error {
	var ends []int64
	if err := p.numbers("data_offsets", func(n int64) { ends = append(ends, n) }); err != nil {
		return err
	}
	if len(ends) != 2 {
		return fmt.Errorf("data_offsets: found %d numbers, expected 2", len(ends))
	}
	e.begin, e.end = ends[0], ends[1]
	if e.end < e.begin {
		return fmt.Errorf("data_offsets: found [%d, %d], which ends before it begins", e.begin, e.end)
	}
	return nil
}

// numbers reads an array of integers that aren't negative.
func (p *parser) numbers(field string, add func(int64)) error {
	t, err := p.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return fmt.Errorf("%s: found %s, expected an array", field, describe(t))
	}
	for p.More() {
		if t, err = p.Token(); err != nil {
			return err
		}
		number, ok := t.(json.Number)
		if !ok {
			return fmt.Errorf("%s: found %s, expected a number", field, describe(t))
		}
		// ParseUint refuses a sign, a fraction and an exponent.
		n, err := strconv.ParseUint(string(number), 10, 63)
		if err != nil {
			return fmt.Errorf("%s: found %s, expected an integer from 0 to 2^63-1", field, number)
		}
		add(int64(n))
	}
	_, err = p.Token()
	return err
}

// describe names a JSON token for people.
func describe(t json.Token) string {
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "an array"
	case json.Number:
		return t.String()
	case nil:
		return "null"
	case string:
		return "a string"
	}
	return fmt.Sprint(t)
}

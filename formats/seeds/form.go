package seeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/wellformed"
)

const lineForms = `a line is {"messages": [{"role", "content"}, ...]}, {"prompt", "completion"} or {"input_ids", "labels"}`

// parsed is a line in one of its forms: messages not nil, or completion not empty,
// or else tokens and labels.
type parsed struct {
	messages           []chat.Message
	prompt, completion string
	tokens, labels     []int32
}

// object reads a line as a JSON object. A map keeps the last of equal keys, as Python
// does; a struct would also take keys of another case.
func object(line []byte) (map[string]json.RawMessage, error) {
	if err := wellformed.JSON(line); err != nil {
		return nil, hint.With(fmt.Errorf("is not JSON: %w", err), "every line is one JSON object")
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(line, &o); err != nil || o == nil {
		return nil, hint.With(fmt.Errorf("found %s, expected an object", kind(line)), "every line is one JSON object")
	}
	return o, nil
}

// has reports whether an object has a key that is not null.
func has(o map[string]json.RawMessage, key string) bool {
	v, ok := o[key]
	return ok && string(v) != "null"
}

func parse(line []byte) (parsed, error) {
	o, err := object(line)
	if err != nil {
		return parsed{}, err
	}
	return parseObject(o)
}

func parseObject(o map[string]json.RawMessage) (parsed, error) {
	has := func(key string) bool { return has(o, key) }
	var p parsed
	var err error
	switch {
	case has("input_ids") && has("labels"):
		p.tokens, p.labels, err = readIDs(o["input_ids"], o["labels"])
	case has("messages"):
		p.messages, err = readMessages(o["messages"])
	case has("prompt") && has("completion"):
		if p.prompt, err = text("prompt", o["prompt"]); err == nil {
			p.completion, err = text("completion", o["completion"])
		}
		if err == nil && blank(p.completion) {
			err = errors.New("the completion is empty")
		}
	case len(o) == 0:
		err = hint.With(errors.New("found no keys"), lineForms)
	default:
		keys := strings.Join(slices.Sorted(maps.Keys(o)), ", ")
		err = hint.With(fmt.Errorf("found the keys %.200s, which make no sample", keys), lineForms)
	}
	return p, err
}

// readIDs reads a sample that is tokens already.
func readIDs(rawTokens, rawLabels json.RawMessage) (tokens, labels []int32, err error) {
	if tokens, err = integers("input_ids", rawTokens); err != nil {
		return nil, nil, err
	}
	if labels, err = integers("labels", rawLabels); err != nil {
		return nil, nil, err
	}
	if len(tokens) != len(labels) {
		return nil, nil, fmt.Errorf("found %d input_ids and %d labels, expected as many", len(tokens), len(labels))
	}
	for i, id := range tokens {
		if id < 0 {
			return nil, nil, fmt.Errorf("input_ids[%d]: found %d, expected a token id", i, id)
		}
	}
	for i, label := range labels {
		if label < 0 && label != Ignored {
			return nil, nil, fmt.Errorf("labels[%d]: found %d, expected a token id or %d", i, label, Ignored)
		}
	}
	return tokens, labels, nil
}

func integers(key string, raw json.RawMessage) ([]int32, error) {
	var numbers []json.RawMessage
	if err := json.Unmarshal(raw, &numbers); err != nil {
		return nil, fmt.Errorf("%s: found %s, expected an array of integers", key, kind(raw))
	}
	out := make([]int32, len(numbers))
	for i, n := range numbers {
		// A null would pass as 0.
		if err := json.Unmarshal(n, &out[i]); err != nil || string(n) == "null" {
			return nil, fmt.Errorf("%s[%d]: found %.40s, expected an integer of 32 bits", key, i, n)
		}
	}
	return out, nil
}

// text reads a string; key is for messages.
func text(key string, raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || string(raw) == "null" {
		return "", fmt.Errorf("%s: found %s, expected a string", key, kind(raw))
	}
	return s, nil
}

// blank reports whether there is nothing but what Python takes for space.
func blank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }) == ""
}

// kind names what a JSON value is.
func kind(raw json.RawMessage) string {
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
	return "a number"
}

package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// addedToken is a token as tokenizer.json's added_tokens has it.
type addedToken struct {
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// readAdded reads "token" or {"content": "token", ...}.
func readAdded(raw json.RawMessage) (addedToken, bool) {
	var t addedToken
	if json.Unmarshal(raw, &t.Content) == nil {
		t.Special = true
		return t, string(raw) != "null"
	}
	o, err := parseObject(raw)
	if err != nil || json.Unmarshal(o.values["content"], &t.Content) != nil {
		return t, false
	}
	for _, f := range []struct {
		key  string
		flag *bool
	}{
		{"single_word", &t.SingleWord}, {"lstrip", &t.LStrip}, {"rstrip", &t.RStrip}, {"special", &t.Special}, {"normalized", &t.Normalized},
	} {
		value, ok := o.get(f.key)
		if !ok && f.key == "normalized" {
			t.Normalized = !t.Special
		}
		if ok && json.Unmarshal(value, f.flag) != nil {
			return t, false
		}
	}
	return t, true
}

// build makes the tokenizer of a tokenizer.json with these tokens. fallback is the
// id of a role that isn't mentioned, or -1.
func (s specialTokens) build(tokenizerJSON []byte, fallback func(role string) int32) (*tokenizer.Tokenizer, error) {
	tokenizerJSON = s.add(tokenizerJSON)
	t, err := s.parse(tokenizerJSON)
	if err != nil || s.plain {
		return t, err
	}
	before := len(s.tokens)
	for _, role := range []string{"bos_token", "eos_token"} {
		if _, ok := s.tokens[role]; ok {
			continue
		}
		if token, ok := t.Token(fallback(role)); ok {
			s.tokens[role] = token
		}
	}
	if len(s.tokens) == before {
		return t, nil
	}
	return s.parse(tokenizerJSON)
}

func (s specialTokens) parse(tokenizerJSON []byte) (*tokenizer.Tokenizer, error) {
	// The usual roles may be there too.
	data, err := json.Marshal(map[string]any{"extra_special_tokens": s.tokens})
	if err != nil {
		return nil, err
	}
	return tokenizer.FromJSON(tokenizerJSON, data)
}

// add puts tokens into tokenizer.json's added_tokens: those listed, which replace
// tokens there, and those named that aren't there yet. Data that is no tokenizer.json
// stays as it is.
func (s specialTokens) add(tokenizerJSON []byte) []byte {
	start, end, err := findAdded(tokenizerJSON)
	if err != nil || len(s.listed)+len(s.named) == 0 {
		return tokenizerJSON
	}
	var items []json.RawMessage
	if start < end {
		if json.Unmarshal(tokenizerJSON[start:end], &items) != nil {
			return tokenizerJSON
		}
	}
	known := map[string]bool{}
	for _, item := range items {
		if t, ok := readAdded(item); ok {
			known[t.Content] = true
		}
	}
	put := func(t addedToken) {
		item, _ := json.Marshal(t) // strings and booleans can't fail
		items = append(items, item)
	}
	for _, t := range s.listed {
		known[t.Content] = true
		put(t)
	}
	// Of tokens of equal content the last one's flags count, as in transformers.
	for _, t := range s.named {
		if !known[t.Content] {
			put(t)
		}
	}
	list, err := json.Marshal(items)
	if err != nil {
		return tokenizerJSON
	}
	if start == end { // it has none, so start is behind the brace
		list = slices.Concat([]byte(`"added_tokens":`), list, []byte(","))
	}
	return slices.Concat(tokenizerJSON[:start], list, tokenizerJSON[end:])
}

// findAdded is where the value of added_tokens lies in tokenizer.json; without one,
// start and end are behind the opening brace.
func findAdded(data []byte) (start, end int, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return 0, 0, errors.New("is not a JSON object")
	}
	behind := int(d.InputOffset())
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return 0, 0, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return 0, 0, err
		}
		if key == "added_tokens" {
			end := int(d.InputOffset())
			return end - len(value), end, nil
		}
	}
	return behind, behind, nil
}

package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// specialTokens is what the files beside tokenizer.json say about its tokens.
type specialTokens struct {
	tokens map[string]string // by role, the model's own among them; "": it has none
	listed []addedToken      // of added_tokens_decoder: they count more than tokenizer.json's
	named  []addedToken      // those with a role: they are added where they aren't yet
	plain  bool              // the tokenizer's class has no tokens of its own
}

// roles are the special tokens that transformers knows, in its order.
var roles = [...]string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}

// readSpecialTokens reads them as transformers (5.24) does: special_tokens_map.json
// counts more than tokenizer_config.json, unless the latter has
// added_tokens_decoder; null means none; add_bos_token and add_eos_token don't
// count, because tokenizer.json has its own post-processor.
//
// For a role that no file mentions most classes of transformers have a token of
// their own. Nugget has no such classes; config.json's bos_token_id and eos_token_id
// stand in for them.
func (c *Checkpoint) readSpecialTokens() (specialTokens, error) {
	s := specialTokens{tokens: map[string]string{}}
	name := "tokenizer_config.json"
	config, err := c.readObject(name)
	if err != nil {
		return s, err
	}
	switch class := string(config.values["tokenizer_class"]); class {
	case `"PreTrainedTokenizerFast"`, `"TokenizersBackend"`:
		s.plain = true
	}
	own := takeOwnRoles(&config)
	if listed, ok := config.get("added_tokens_decoder"); ok {
		s.listed, err = readListed(listed)
	} else {
		var legacy object
		if legacy, err = c.readObject("special_tokens_map.json"); err != nil {
			return s, err
		}
		if len(legacy.keys) > 0 {
			name = "special_tokens_map.json"
		}
		mergeLegacy(&config, &own, legacy)
	}
	if err == nil {
		err = s.readNamed(config, own)
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w", filepath.Join(c.path, name), err)
	}
	return s, nil
}

// readObject reads a JSON file of the folder; without the file it is empty.
func (c *Checkpoint) readObject(name string) (object, error) {
	path := filepath.Join(c.path, name)
	data, err := readFile(path, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return object{}, nil
	}
	var o object
	if err == nil {
		o, err = parseObject(nullConstants(data))
	}
	if err != nil {
		return o, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// readListed reads added_tokens_decoder, {"id": {"content", ...}}, by ids.
func readListed(raw json.RawMessage) ([]addedToken, error) {
	var byID map[int]json.RawMessage
	if err := json.Unmarshal(raw, &byID); err != nil {
		return nil, errors.New("added_tokens_decoder: expected an object of ids and tokens")
	}
	tokens := make([]addedToken, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		t, ok := readAdded(byID[id])
		if !ok {
			return nil, fmt.Errorf("added_tokens_decoder: %d: expected an object with content", id)
		}
		tokens = append(tokens, t)
	}
	return tokens, nil
}

// readNamed reads the tokens with a role, in the order in which transformers adds
// them: those of the usual roles, those of the model's own, and those of no name.
func (s *specialTokens) readNamed(config, own object) error {
	for _, role := range roles {
		raw, ok := config.get(role)
		if !ok {
			continue
		}
		s.tokens[role] = ""
		if isNone(raw) {
			continue
		}
		t, ok := readAdded(raw)
		if !ok {
			return fmt.Errorf("%s: found %.80s, expected a token", role, raw)
		}
		s.tokens[role] = t.Content
		s.name(t)
	}
	var others object
	for _, key := range config.keys {
		if isOwnRole(key) {
			others.set(key, config.values[key])
		}
	}
	for _, key := range own.keys {
		others.set(key, own.values[key])
	}
	for _, key := range others.keys {
		if t, ok := readAdded(others.values[key]); ok {
			s.tokens[key] = t.Content
			s.name(t)
		}
	}
	return s.readUnnamed(config)
}

// readUnnamed reads extra_special_tokens, a list.
func (s *specialTokens) readUnnamed(config object) error {
	key := "extra_special_tokens"
	if _, ok := config.get(key); !ok {
		key = "additional_special_tokens"
	}
	extra := config.values[key]
	if isNone(extra) {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(extra, &list); err != nil {
		return fmt.Errorf("%s: found %.80s, expected a list of tokens", key, extra)
	}
	for i, item := range list {
		t, ok := readAdded(item)
		if !ok {
			return fmt.Errorf("%s[%d]: found %.80s, expected a token", key, i, item)
		}
		s.named = append(s.named, t)
	}
	return nil
}

// name takes in a token with a role, which makes it special.
func (s *specialTokens) name(t addedToken) {
	t.Special = true
	s.named = append(s.named, t)
}

// isNone reports whether a value is missing, null or empty.
func isNone(raw json.RawMessage) bool {
	return raw == nil || slices.Contains([]string{"null", "[]", "{}", `""`}, string(raw))
}

// isOwnRole reports whether key is a role of a model's own, such as image_token.
func isOwnRole(key string) bool {
	return strings.HasSuffix(key, "_token") && !slices.Contains(roles[:], key)
}

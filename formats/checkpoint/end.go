package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
)

// EndTokens returns the ids of the tokens that end what the model says, ascending:
// eos_token_id, one or a list, of generation_config.json, else of config.json, else of
// its text_config, as transformers has it. Where all are silent it is the tokenizer's
// EOS token, where transformers would not stop.
//
// A GGUF file has its own: the EOS token and, as llama.cpp takes them, those that end a
// turn or a message (tokenizer.ggml.eos_token_id, eot_token_id, eom_token_id).
func (c *Checkpoint) EndTokens() ([]int32, error) {
	find := c.endInFolder
	if c.format == GGUF {
		find = c.endInGGUF
	}
	ids, err := find()
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		if t, err := c.Tokenizer(); err == nil && t.EOS() != "" {
			if id, ok := t.ID(t.EOS()); ok {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func (c *Checkpoint) endInFolder() ([]int32, error) {
	generation, err := c.readObject("generation_config.json")
	if err != nil {
		return nil, err
	}
	config, err := parseObject(c.config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(c.path, "config.json"), err)
	}
	sources := []object{generation, config}
	if text, err := parseObject(config.values["text_config"]); err == nil {
		sources = append(sources, text)
	}
	for i, o := range sources {
		ids, err := endIDs(o.values["eos_token_id"])
		if err != nil {
			name := "config.json"
			if i == 0 {
				name = "generation_config.json"
			}
			return nil, fmt.Errorf("%s: eos_token_id: %w", filepath.Join(c.path, name), err)
		}
		if len(ids) > 0 {
			return ids, nil
		}
	}
	return nil, nil
}

// endIDs reads an id or a list of ids; null, nothing, and what is negative are none.
func endIDs(raw json.RawMessage) ([]int32, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] != '[' {
		raw = slices.Concat(json.RawMessage("["), raw, json.RawMessage("]"))
	}
	var numbers []json.RawMessage
	if err := json.Unmarshal(raw, &numbers); err != nil {
		return nil, err
	}
	var ids []int32
	for _, n := range numbers {
		var id int64
		if err := json.Unmarshal(n, &id); err != nil || string(n) == "null" || id > math.MaxUint32 {
			return nil, fmt.Errorf("found %.40s, expected a token id", n)
		}
		if id >= 0 && id <= math.MaxInt32 { // else it means none
			ids = append(ids, int32(id))
		}
	}
	return ids, nil
}

func (c *Checkpoint) endInGGUF() ([]int32, error) {
	var ids []int32
	for _, role := range []string{"eos", "eot", "eom"} {
		key := "tokenizer.ggml." + role + "_token_id"
		value, ok := c.metadata[key]
		if !ok {
			continue
		}
		raw, err := json.Marshal(value)
		if err == nil {
			var id []int32
			if id, err = endIDs(raw); err == nil {
				ids = append(ids, id...)
				continue
			}
		}
		return nil, fmt.Errorf("%s: %s: %w", c.path, key, err)
	}
	return ids, nil
}

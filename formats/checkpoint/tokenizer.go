package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

func (c *Checkpoint) loadTokenizer() (*tokenizer.Tokenizer, error) {
	if c.format == GGUF {
		t, err := tokenizer.FromGGUF(c.metadata)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.path, err)
		}
		return t, nil
	}
	path := filepath.Join(c.path, "tokenizer.json")
	data, err := readFile(path, maxTokenizer)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, c.noTokenizer()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	config, err := c.specialTokens()
	if err != nil {
		return nil, err
	}
	t, err := tokenizer.FromJSON(data, config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, err)
	}
	return t, nil
}

// specialTokens is the tokenizer_config.json that the tokenizer gets. As in
// transformers, special_tokens_map.json counts more, unless tokenizer_config.json
// has added_tokens_decoder; and add_bos_token and add_eos_token don't count, because
// tokenizer.json has its post-processor.
func (c *Checkpoint) specialTokens() ([]byte, error) {
	config, err := c.optionalObject("tokenizer_config.json")
	if err != nil {
		return nil, err
	}
	from := config
	if _, ok := config["added_tokens_decoder"]; !ok {
		legacy, err := c.optionalObject("special_tokens_map.json")
		if err != nil {
			return nil, err
		}
		from = map[string]json.RawMessage{}
		for _, layer := range []map[string]json.RawMessage{config, legacy} {
			for key, value := range layer {
				from[key] = value
			}
		}
	}
	chosen := map[string]json.RawMessage{}
	for _, key := range []string{"bos_token", "eos_token"} {
		if value, ok := from[key]; ok {
			chosen[key] = value
		}
	}
	return json.Marshal(chosen)
}

// optionalObject reads a JSON file of the folder; nil: there is none.
func (c *Checkpoint) optionalObject(name string) (map[string]json.RawMessage, error) {
	path := filepath.Join(c.path, name)
	data, err := readFile(path, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	object, err := parseObject(nullConstants(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return object, nil
}

// noTokenizer says which other kind of tokenizer the folder has.
func (c *Checkpoint) noTokenizer() error {
	err := fmt.Errorf("%s: has no tokenizer.json", c.path)
	for _, other := range []string{"tokenizer.model", "tekken.json", "vocab.json"} {
		if exists(filepath.Join(c.path, other)) {
			return hint.With(fmt.Errorf("%w, only %s", err, other),
				"convert it once, in Python: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)")
		}
	}
	return hint.With(err, "copy it there from the model's repository; data as input_ids and labels needs none")
}

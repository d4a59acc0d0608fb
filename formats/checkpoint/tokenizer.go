package checkpoint

import (
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
	special, err := c.readSpecialTokens()
	if err != nil {
		return nil, err
	}
	t, err := special.build(data, func(role string) int32 { return c.defaultToken(role + "_id") })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, err)
	}
	return t, nil
}

// noTokenizer says which other kind of tokenizer the folder has.
func (c *Checkpoint) noTokenizer() error {
	err := fmt.Errorf("%s: has no tokenizer.json", c.path)
	for _, other := range []string{"tokenizer.model", "tekken.json", "tiktoken.model", "vocab.json"} {
		if exists(filepath.Join(c.path, other)) {
			return hint.With(fmt.Errorf("%w, only %s", err, other),
				"convert it once, in Python: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)")
		}
	}
	return hint.With(err, "copy it there from the model's repository; data as input_ids and labels needs none")
}

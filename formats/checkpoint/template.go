package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/hint"
)

const paperTemplate = "--template nugget uses the paper's template instead"

// ChatTemplate returns the checkpoint's chat template: chat_template.jinja, else
// tokenizer_config.json's (a list: the one named "default"), else the GGUF's.
func (c *Checkpoint) ChatTemplate() (*chat.Template, error) {
	where, source, err := c.templateSource()
	if err != nil {
		return nil, err
	}
	t, err := chat.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return t, nil
}

// templateSource finds the template, and names where it was.
func (c *Checkpoint) templateSource() (where, source string, err error) {
	if c.format == GGUF {
		where = c.path + ": tokenizer.chat_template"
		value, ok := c.metadata["tokenizer.chat_template"]
		if !ok {
			return "", "", c.noTemplate()
		}
		if source, ok = value.(string); !ok {
			return "", "", fmt.Errorf("%s: found %T, expected a string", where, value)
		}
		return where, source, nil
	}
	where = filepath.Join(c.path, "chat_template.jinja")
	data, err := readFile(where, maxConfig)
	switch {
	case err == nil && !utf8.Valid(data):
		return "", "", fmt.Errorf("%s: is not valid UTF-8", where)
	case err == nil:
		return where, string(data), nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", "", fmt.Errorf("%s: %w", where, err)
	}
	config, err := c.optionalObject("tokenizer_config.json")
	if err != nil {
		return "", "", err
	}
	raw, ok := config["chat_template"]
	if !ok || string(raw) == "null" {
		return "", "", c.noTemplate()
	}
	where = filepath.Join(c.path, "tokenizer_config.json") + ": chat_template"
	source, err = defaultTemplate(raw)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", where, err)
	}
	return where, source, nil
}

// defaultTemplate reads "template" or [{"name", "template"}, ...].
func defaultTemplate(raw json.RawMessage) (string, error) {
	var source string
	if json.Unmarshal(raw, &source) == nil {
		return source, nil
	}
	var named []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &named); err != nil {
		return "", errors.New("expected a string or a list of named templates")
	}
	found := false
	names := make([]string, len(named))
	for i, n := range named {
		var template string
		if json.Unmarshal(n["name"], &names[i]) != nil || json.Unmarshal(n["template"], &template) != nil {
			return "", fmt.Errorf("[%d]: expected an object with the strings name and template", i)
		}
		if names[i] == "default" {
			source, found = template, true
		}
	}
	if !found {
		return "", hint.With(fmt.Errorf("has templates, but none is named default: %s", strings.Join(names, ", ")), paperTemplate)
	}
	return source, nil
}

func (c *Checkpoint) noTemplate() error {
	return hint.With(fmt.Errorf("%s: has no chat template", c.path), paperTemplate)
}

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

const (
	paperTemplate = "--template nugget uses the paper's template instead"
	additional    = "additional_chat_templates"
)

// newlines reads line ends as Python does in a text file.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// ChatTemplate returns the checkpoint's chat template: chat_template.jinja, else
// tokenizer_config.json's (a list: the one named "default"), else the GGUF's. As in
// transformers, a file in additional_chat_templates puts tokenizer_config.json's out
// of use, and default.jinja there counts more than chat_template.jinja.
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
	files, names := c.templateFiles()
	for _, where := range files {
		data, err := readFile(where, maxConfig)
		switch {
		case err == nil && !utf8.Valid(data):
			return "", "", fmt.Errorf("%s: is not valid UTF-8", where)
		case err == nil:
			return where, newlines.Replace(string(data)), nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", "", fmt.Errorf("%s: %w", where, err)
		}
	}
	if len(names) > 0 {
		return "", "", noDefault(filepath.Join(c.path, additional), names)
	}
	config, err := c.readObject("tokenizer_config.json")
	if err != nil {
		return "", "", err
	}
	raw, ok := config.get("chat_template")
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

// templateFiles are the files that may hold the default template, the one that
// counts most first, and the names of all additional templates.
func (c *Checkpoint) templateFiles() (files, names []string) {
	folder := filepath.Join(c.path, additional)
	entries, err := list(folder)
	if err != nil {
		entries = nil // most models have no such folder
	}
	for _, name := range entries {
		if name, ok := strings.CutSuffix(name, ".jinja"); ok {
			names = append(names, name)
		}
	}
	return []string{filepath.Join(folder, "default.jinja"), filepath.Join(c.path, "chat_template.jinja")}, names
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
		return "", noDefault("", names)
	}
	return source, nil
}

func noDefault(where string, names []string) error {
	if where != "" {
		where += ": "
	}
	return hint.With(fmt.Errorf("%snone of the chat templates is named default: %s", where, strings.Join(names, ", ")), paperTemplate)
}

func (c *Checkpoint) noTemplate() error {
	return hint.With(fmt.Errorf("%s: has no chat template", c.path), paperTemplate)
}

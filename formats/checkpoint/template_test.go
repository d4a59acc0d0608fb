package checkpoint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The cases come from transformers: testdata/make_tokenizers.py.
func TestChatTemplatesAreThoseOfTransformers(t *testing.T) {
	var cases []struct {
		Files    map[string]json.RawMessage
		Template string
		Error    string
	}
	data, err := os.ReadFile("testdata/templates.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for i, v := range cases {
		files := map[string]string{}
		for name, content := range v.Files {
			var text string
			if json.Unmarshal(content, &text) != nil {
				text = string(content)
			}
			files[name] = text
		}
		c := &Checkpoint{path: folder(t, files), format: HuggingFace}
		got, err := c.ChatTemplate()
		switch {
		case v.Error != "":
			if err == nil {
				t.Errorf("case %d: got %q, where transformers says %s", i, got.Source(), v.Error)
			}
		case err != nil:
			t.Errorf("case %d: %v", i, err)
		case got.Source() != v.Template:
			t.Errorf("case %d: got %q, want %q", i, got.Source(), v.Template)
		}
	}
}

func TestChatTemplatesThatCannotBeRead(t *testing.T) {
	for name, v := range map[string]struct {
		files        map[string]string
		want, advice string
	}{
		"none":       {nil, "$: has no chat template", "--template nugget"},
		"no default": {map[string]string{"tokenizer_config.json": `{"chat_template": [{"name": "b", "template": ""}, {"name": "a", "template": ""}]}`}, "$/tokenizer_config.json: chat_template: none of the chat templates is named default: b, a", "--template nugget"},
		"only others": {map[string]string{"additional_chat_templates/rag.jinja": "x", "additional_chat_templates/tool.jinja": "x"},
			"$/additional_chat_templates: none of the chat templates is named default: rag, tool", "--template nugget"},
		"a number":  {map[string]string{"tokenizer_config.json": `{"chat_template": 1}`}, "$/tokenizer_config.json: chat_template: expected a string or a list of named templates", ""},
		"no name":   {map[string]string{"tokenizer_config.json": `{"chat_template": [{"template": "a"}]}`}, "$/tokenizer_config.json: chat_template: [0]: expected an object with the strings name and template", ""},
		"not UTF-8": {map[string]string{"chat_template.jinja": "\xff"}, "$/chat_template.jinja: is not valid UTF-8", ""},
		"empty":     {map[string]string{"chat_template.jinja": ""}, "$/chat_template.jinja: is empty", "again"},
		"no config": {map[string]string{"tokenizer_config.json": "x"}, "$/tokenizer_config.json: byte 0: invalid character 'x' looking for beginning of value", ""},
	} {
		c := &Checkpoint{path: folder(t, v.files), format: HuggingFace}
		_, err := c.ChatTemplate()
		wrong(t, name, err, c.path, v.want, v.advice)
	}
	c := &Checkpoint{path: folder(t, map[string]string{"chat_template.jinja": "\n{% if %}"}), format: HuggingFace}
	if _, err := c.ChatTemplate(); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(c.path, "chat_template.jinja")+": chat template line 2: ") {
		t.Errorf("got %v", err)
	}
}

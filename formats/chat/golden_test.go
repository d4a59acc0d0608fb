package chat

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// outcome is what transformers made of a template: a text, a refusal by
// raise_exception, or another error.
type outcome struct {
	Want   *string
	Raised *string
	Error  string
}

// check compares what Go made with it.
func (o outcome) check(t *testing.T, got string, err error) {
	t.Helper()
	var refusal *Refusal
	switch {
	case o.Want != nil && err != nil:
		t.Errorf("%v\nwant %q", err, *o.Want)
	case o.Want != nil && got != *o.Want:
		t.Errorf("\ngot  %q\nwant %q", got, *o.Want)
	case o.Raised != nil && (!errors.As(err, &refusal) || refusal.Message != *o.Raised):
		t.Errorf("got %q and %v, want the refusal %q", got, err, *o.Raised)
	case o.Want == nil && o.Raised == nil && (err == nil || errors.As(err, &refusal)):
		t.Errorf("got %q and %v, want an error (%s)", got, err, o.Error)
	}
}

type goldens struct {
	Now           time.Time
	Conversations map[string]struct {
		Messages json.RawMessage
		Extra    map[string]json.RawMessage
	}
	Templates map[string]struct {
		BOS, EOS string
		Results  []struct {
			Conversation string
			Prompt       bool
			outcome
		}
	}
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(r).Decode(v); err != nil {
		t.Fatal(err)
	}
}

func TestTemplatesAsTransformersRendersThem(t *testing.T) {
	checkGoldens(t, "testdata/golden.json.gz", "testdata/templates")
}

func checkGoldens(t *testing.T, path, templates string) {
	var g goldens
	readJSON(t, path, &g)
	total := 0
	for name, of := range g.Templates {
		source, err := os.ReadFile(filepath.Join(templates, name+".jinja"))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := Parse(string(source))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, c := range of.Results {
			total++
			conversation := g.Conversations[c.Conversation]
			opts := Options{Special: map[string]string{}, AddGenerationPrompt: c.Prompt, Now: g.Now, Extra: map[string]any{}}
			for name, token := range map[string]string{"bos_token": of.BOS, "eos_token": of.EOS} {
				if token != "" {
					opts.Special[name] = token
				}
			}
			for k, v := range conversation.Extra {
				opts.Extra[k] = v
			}
			t.Run(name+"/"+c.Conversation, func(t *testing.T) {
				messages, err := fromJSON(conversation.Messages)
				if err != nil {
					t.Fatal(err)
				}
				got, err := parsed.render(messages.(*list), opts, workLimit)
				c.check(t, got, err)
			})
		}
	}
	if total < 100 {
		t.Errorf("compared only %d texts", total)
	}
}

func TestJinjaAsTransformersEvaluatesIt(t *testing.T) {
	var snippets []struct {
		Source string
		outcome
	}
	readJSON(t, "testdata/snippets.json.gz", &snippets)
	variables, err := os.ReadFile("testdata/variables.json")
	if err != nil {
		t.Fatal(err)
	}
	var vars map[string]json.RawMessage
	if err := json.Unmarshal(variables, &vars); err != nil {
		t.Fatal(err)
	}
	extra := map[string]any{}
	for k, v := range vars {
		extra[k] = v
	}
	for _, s := range snippets {
		t.Run(strings.ReplaceAll(s.Source, "/", "÷"), func(t *testing.T) {
			parsed, err := Parse(s.Source)
			got := ""
			if err == nil {
				got, err = parsed.Render(nil, Options{Extra: extra, Now: time.Date(2024, 7, 6, 15, 4, 5, 6789000, time.UTC)})
			}
			s.check(t, got, err)
		})
	}
	if len(snippets) < 300 {
		t.Errorf("only %d snippets", len(snippets))
	}
}

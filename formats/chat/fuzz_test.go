package chat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse wants an *Error or a template, never a panic.
func FuzzParse(f *testing.F) {
	addSources(f)
	f.Fuzz(func(t *testing.T, source string) {
		parsed, err := Parse(source)
		if err == nil && parsed.Source() != source {
			t.Error("the source has changed")
		}
		if _, ok := err.(*Error); err != nil && !ok {
			t.Errorf("got a %T: %v", err, err)
		}
	})
}

// FuzzRender wants the same valid text, or the same error, of every rendering.
func FuzzRender(f *testing.F) {
	addSources(f)
	f.Fuzz(func(t *testing.T, source string) {
		parsed, err := Parse(source)
		if err != nil {
			return
		}
		messages, err := turns([]Message{{"system", "Be <kind>."}, {"user", " 2+2?\n"}, {"assistant", "日本 4"}})
		if err != nil {
			t.Fatal(err)
		}
		opts := Options{Special: map[string]string{"bos_token": "<s>", "eos_token": "</s>"}, AddGenerationPrompt: true}
		const work = 1 << 20 // less than the real limit: the fuzzer wants many runs
		text, err := parsed.render(messages, opts, work)
		if again, err2 := parsed.render(messages, opts, work); again != text || (err == nil) != (err2 == nil) {
			if !strings.Contains(source, "strftime_now") {
				t.Errorf("%q, %v and then %q, %v", text, err, again, err2)
			}
		}
		if !utf8.ValidString(text) {
			t.Errorf("%q is not valid UTF-8", text)
		}
		switch err.(type) {
		case nil, *Error, *Refusal:
		default:
			t.Errorf("got a %T: %v", err, err)
		}
	})
}

func addSources(f *testing.F) {
	paths, err := filepath.Glob("testdata/templates/*.jinja")
	if err != nil || len(paths) == 0 {
		f.Fatal("no templates", err)
	}
	for _, path := range append(paths, "testdata/snippets.txt") {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if path != "testdata/snippets.txt" {
			f.Add(string(b))
			continue
		}
		for line := range strings.Lines(string(b)) {
			f.Add(strings.ReplaceAll(line, "⏎", "\n"))
		}
	}
}

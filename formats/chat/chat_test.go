package chat

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/formats/hint"
)

func render(t *testing.T, source string, opts Options, messages ...Message) (string, error) {
	t.Helper()
	parsed, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Render(messages, opts)
}

func TestWhatATemplateSees(t *testing.T) {
	now := time.Date(2024, 7, 6, 1, 2, 3, 0, time.FixedZone("X", 3600))
	for _, c := range []struct {
		source string
		opts   Options
		want   string
	}{
		{"{{ bos_token }}{{ eos_token }}", Options{Special: map[string]string{"bos_token": "<s>", "eos_token": "</s>"}}, "<s></s>"},
		{"{{ bos_token is defined }}{{ eos_token is defined }}", Options{}, "FalseFalse"},
		{"{{ pad_token }}{{ mask_1 }}{{ unk_token is defined }}", Options{Special: map[string]string{"pad_token": "<p>", "mask_1": "<m>"}}, "<p><m>False"},
		{"{{ tools }}{{ messages | length }}", Options{Special: map[string]string{"tools": "<t>", "messages": "<m>"}}, "None1"},
		{"{{ bos_token }}", Options{Special: map[string]string{"bos_token": "<s>"}, Extra: map[string]any{"bos_token": "<b>"}}, "<b>"},
		{"{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}", Options{}, "TrueTrueFalse"},
		{"{{ add_generation_prompt }}", Options{AddGenerationPrompt: true}, "True"},
		{"{{ x }}", Options{Extra: map[string]any{"x": map[string]any{"b": 1, "a": []string{"y"}, "c": []any{nil, true, 2.5, int64(3)}}}}, "{'a': ['y'], 'b': 1, 'c': [None, True, 2.5, 3]}"},
		{"{{ x }}", Options{Extra: map[string]any{"x": json.RawMessage(`{"b": 1, "a": [2.0, "y", null, 1e2]}`)}}, "{'b': 1, 'a': [2.0, 'y', None, 100.0]}"},
		{"{{ messages }}", Options{}, `[{'role': 'user', 'content': "it's"}]`},
		{"{{ strftime_now('%H:%M %d') }}", Options{Now: now}, "01:02 06"},
	} {
		got, err := render(t, c.source, c.opts, Message{"user", "it's"})
		if err != nil || got != c.want {
			t.Errorf("%s: got %q and %v, want %q", c.source, got, err, c.want)
		}
	}
}

func TestWrongInput(t *testing.T) {
	deep := json.RawMessage(strings.Repeat("[", 300) + strings.Repeat("]", 300))
	for _, c := range []struct {
		messages []Message
		extra    map[string]any
		want     string
	}{
		{[]Message{{"user", "a"}, {"user", "\xff"}}, nil, "message 2: its content is not valid UTF-8"},
		{[]Message{{"\xff", "a"}}, nil, "message 1: its role is not valid UTF-8"},
		{nil, map[string]any{"messages": nil}, `chat template variable "messages" is not one to set`},
		{nil, map[string]any{"x": "\xff"}, `chat template variable "x": a string is not valid UTF-8`},
		{nil, map[string]any{"x": struct{}{}}, `chat template variable "x": a template can't use a struct {}`},
		{nil, map[string]any{"x": json.RawMessage(`{"a":1} 2`)}, `chat template variable "x": more than one JSON value`},
		{nil, map[string]any{"x": json.RawMessage(`123456789012345678901234567890`)}, `chat template variable "x": the number 123456789012345678901234567890 is too large`},
		{nil, map[string]any{"x": deep}, `chat template variable "x": nested deeper than 200`},
	} {
		_, err := render(t, "x", Options{Extra: c.extra}, c.messages...)
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestRefusal(t *testing.T) {
	_, err := render(t, "{{ raise_exception('Roles must alternate') }}", Options{})
	var refusal *Refusal
	if !errors.As(err, &refusal) || err.Error() != "the chat template refuses the conversation: Roles must alternate" || hint.Of(err) == "" {
		t.Errorf("got %v", err)
	}
}

func TestConcurrentRendering(t *testing.T) {
	parsed, err := Parse("{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ m.content }}{% endfor %}{{ ns.n }}")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			text := strings.Repeat("x", i)
			for range 200 {
				if got, err := parsed.Render([]Message{{"user", text}, {"user", text}}, Options{}); err != nil || got != text+text+"2" {
					t.Errorf("got %q and %v", got, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestNugget(t *testing.T) {
	messages := []Message{{"system", " be \n"}, {"user", "\u00a02+2?\x1c"}, {"assistant", "\n4 "}, {"user", ""}}
	want := "<|user|>\nbe\n\n<|user|>\n2+2?\n\n<|assistant|>\n4</s><|user|>\n\n\n"
	if got := Nugget(messages, "</s>", false); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Nugget(messages, "</s>", true); got != want+"<|assistant|>\n" {
		t.Errorf("got %q", got)
	}
	if got := Nugget(nil, "</s>", false); got != "" {
		t.Errorf("got %q", got)
	}
}

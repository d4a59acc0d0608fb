package seeds

import (
	"slices"
	"strings"
	"testing"
)

// counting is the text of the tokens that count.
func counting(t *testing.T, e *Encoder, s Sample) (before, counts string) {
	t.Helper()
	tok, err := e.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	first := slices.IndexFunc(s.Labels, func(label int32) bool { return label != Ignored })
	if !slices.Equal(s.Labels[first:], s.Tokens[first:]) {
		t.Errorf("labels %v of %v", s.Labels, s.Tokens)
	}
	var texts [2]string
	for i, ids := range [][]int32{s.Tokens[:first], s.Tokens[first:]} {
		if texts[i], err = tok.Decode(ids, false); err != nil {
			t.Fatal(err)
		}
	}
	return texts[0], texts[1]
}

func TestChoices(t *testing.T) {
	cases := []struct{ tokenizer, line, before, counts string }{
		{"gpt2", `{"prompt":"the sky is","options":[" blue","green "],"answer":1}`, "the sky is", " blue"},
		// The space at the prompt's end belongs to the option, as the harness has it.
		{"gpt2", `{"prompt":"the sky is ","options":["blue","red"],"answer":0}`, "the sky is", " blue"},
		// BOS in front, unless it is there; EOS never behind.
		{"llama2", `{"prompt":"the sky is","options":[" blue","red"],"answer":0}`, "<s> the sky is", "blue"},
		{"llama2", `{"prompt":"<s>the sky is","options":[" blue","red"],"answer":0}`, "<s> the sky is", "blue"},
		{"llama2+eos", `{"prompt":"the sky is","options":[" blue","red"],"answer":0}`, "<s> the sky is", "blue"},
		// What is in front of nothing is BOS.
		{"llama2", `{"prompt":"","options":["blue","red"],"answer":0}`, "<s>", "blue"},
		{"gpt2", `{"messages":[{"role":"user","content":"q"}],"options":["blue","red"],"answer":0}`, "<|user|>\nq\n\n<|assistant|>", "\nblue"},
	}
	for _, c := range cases {
		e := with(t, c.tokenizer)
		got, err := e.LoadChoices(strings.NewReader("\n"+c.line), "data.jsonl")
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		before, counts := counting(t, e, got[0].Options[0].Sample)
		if before != c.before || counts != c.counts || got[0].Line != 2 || got[0].Options[1].Line != 2 {
			t.Errorf("%s, %s: %q counts behind %q", c.tokenizer, c.line, counts, before)
		}
		if got[0].Options[0].Characters != 4 || !HaveOptions(strings.NewReader("\n"+c.line)) {
			t.Errorf("%s: %d characters", c.line, got[0].Options[0].Characters)
		}
	}
	e := with(t, "gpt2")
	got, err := e.LoadChoices(strings.NewReader(cases[0].line), "data.jsonl")
	if err != nil || got[0].Answer != 1 || len(got[0].Options) != 2 || got[0].Options[1].Characters != 5 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestChoicesThatAreRefused(t *testing.T) {
	e := with(t, "gpt2")
	e.MaxLength = 6
	for line, want := range map[string]string{
		`{"options":["a","b"],"answer":0}`:                                                 "has no prompt",
		`{"prompt":"q","answer":0}`:                                                        "has no options",
		`{"prompt":"q","options":["a","b"]}`:                                               "has no answer",
		`{"prompt":"q","options":["a","b"],"answer":2}`:                                    "answer: found 2, expected the index of one of 2 options, from 0",
		`{"prompt":"q","options":["a","b"],"answer":-1}`:                                   "answer: found -1, expected the index of one of 2 options, from 0",
		`{"prompt":"q","options":["a","b"],"answer":"a"}`:                                  `answer: found "a", expected the index of one of 2 options, from 0`,
		`{"prompt":"q","options":["a","b"],"answer":0.5}`:                                  "answer: found 0.5, expected the index of one of 2 options, from 0",
		`{"prompt":"q","options":["a"],"answer":0}`:                                        "options: found 1, expected at least 2",
		`{"prompt":"q","options":"ab","answer":0}`:                                         "options: found a string, expected an array of strings",
		`{"prompt":"q","options":["a",1],"answer":0}`:                                      "options[1]: found a number, expected a string",
		`{"prompt":"q","options":["a"," "],"answer":0}`:                                    "options[1]: is empty",
		`{"prompt":1,"options":["a","b"],"answer":0}`:                                      "prompt: found a number, expected a string",
		`{"prompt":"","options":["a","b"],"answer":0}`:                                     "options[0]: the prompt is empty",
		`{"prompt":" a b c d","options":["a","b c d"],"answer":0}`:                         "options[1]: has 7 tokens with its prompt, the maximum is 6",
		`{"messages":[],"options":["a","b"],"answer":0}`:                                   "messages: is empty",
		`{"messages":[{"role":"assistant","content":"a"}],"options":["a","b"],"answer":0}`: "messages: the last turn is the assistant's, whose words the options are",
		`[]`: "found an array, expected an object",
	} {
		_, err := e.LoadChoices(strings.NewReader(line), "data.jsonl")
		if want := "data.jsonl line 1: " + want; err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", line, err, want)
		}
	}
	for _, data := range []string{`{"prompt":"q","options":null}`, "options", "", "{}\n" + `{"options":["a","b"]}`} {
		if HaveOptions(strings.NewReader(data)) {
			t.Errorf("%s is taken for questions with options", data)
		}
	}
}

func FuzzLoadChoices(f *testing.F) {
	f.Add([]byte(`{"prompt":"q ","options":[" a","b"],"answer":0}`))
	f.Add([]byte(`{"messages":[{"role":"user","content":"q"}],"options":["a","\u00e9"],"answer":1}`))
	f.Add([]byte(`{"prompt":"q","completion":"a"}` + "\n" + `{"prompt":""}`))
	e := with(f, "llama2+eos")
	f.Fuzz(func(t *testing.T, data []byte) {
		if prompts, err := e.LoadPrompts(strings.NewReader(string(data)), "data.jsonl"); err == nil {
			for _, p := range prompts {
				if len(p.Tokens) == 0 || p.Answered != (p.Answer != "" || p.AnswerTokens != nil) {
					t.Errorf("%+v", p)
				}
			}
		}
		choices, err := e.LoadChoices(strings.NewReader(string(data)), "data.jsonl")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		for _, c := range choices {
			for _, o := range c.Options {
				if len(o.Labels) != len(o.Tokens) || o.Labels[0] != Ignored || o.Labels[len(o.Labels)-1] == Ignored || o.Characters < 1 {
					t.Errorf("%+v", o)
				}
			}
		}
	})
}

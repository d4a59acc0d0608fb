package seeds

import (
	"reflect"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// spelled is a prompt with its tokens as text.
type spelled struct {
	Line         int
	Text         string
	Answer       string
	AnswerTokens []int32
	Answered     bool
}

func TestPromptsAreWhatLoadIgnores(t *testing.T) {
	lines := []string{
		`{"messages":[{"role":"user","content":" q "},{"role":"assistant","content":"a"}]}`,
		``,
		`{"prompt":"2+2=","completion":" 4"}`,
		`{"prompt":"once upon"}`,
		`{"prompt":"once upon","completion":null,"input_ids":[1]}`,
		`{"input_ids":[5,6,7,8,9],"labels":[-100,-100,7,8,-100]}`,
		`{"input_ids":[5,6,7],"labels":[5,6,7],"prompt":"x"}`,
	}
	want := []spelled{
		{1, "<|user|>\nq\n\n<|assistant|>\n", "a", nil, true},
		{3, "2+2=", " 4", nil, true},
		{4, "once upon", "", nil, false},
		{5, "once upon", "", nil, false},
		{6, "%&", "", []int32{7, 8}, true},
		{7, "%", "", []int32{6, 7}, true},
	}
	e := with(t, "gpt2")
	tok, err := e.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	prompts, err := e.LoadPrompts(strings.NewReader(strings.Join(lines, "\n")), "data.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var got []spelled
	for _, p := range prompts {
		text, err := tok.Decode(p.Tokens, false)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, spelled{p.Line, text, p.Answer, p.AnswerTokens, p.Answered})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestPromptsOfAChatTemplate(t *testing.T) {
	e := with(t, "llama2")
	e.Template = template(t, "smollm2")
	got, err := e.LoadPrompts(strings.NewReader(`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}`), "data.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := e.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	text, err := tok.Decode(got[0].Tokens, false)
	if err != nil || !strings.HasSuffix(text, "<|im_start|>assistant\n") || strings.Contains(text, "<s>") {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestPromptsThatAreRefused(t *testing.T) {
	e := with(t, "gpt2")
	e.MaxLength = 4
	for line, want := range map[string]string{
		`{"prompt":""}`:                                "data.jsonl line 1: the prompt is empty",
		`{"prompt":"","completion":"a"}`:               "data.jsonl line 1: the prompt is empty",
		`{"prompt":"a b c d e"}`:                       "data.jsonl line 1: the prompt has 6 tokens, the maximum is 4",
		`{"prompt":7}`:                                 "data.jsonl line 1: prompt: found a number, expected a string",
		`{"messages":[{"role":"user","content":"a"}]}`: `data.jsonl line 1: messages: the last turn is of role "user", expected assistant`,
		`{"input_ids":[1,2],"labels":[1,-100]}`:        "data.jsonl line 1: no token counts for the loss, so that there is nothing to be answered",
		`{"text":"a"}`:                                 "data.jsonl line 1: found the keys text, which make no sample",
		"":                                             "data.jsonl: has no samples",
		`{"prompt":"a"}` + "\n" + `{"prompt":"a","completion":" "}`:                       "data.jsonl line 2: the completion is empty",
		`{"messages":[{"role":"tool","content":"a"},{"role":"assistant","content":"a"}]}`: `data.jsonl line 1: messages[0]: found role "tool", expected system, user or assistant`,
	} {
		if got, err := e.LoadPrompts(strings.NewReader(line), "data.jsonl"); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, %v, want %s", line, got, err, want)
		}
	}
	_, err := new(Encoder).LoadPrompts(strings.NewReader(`{"prompt":"a"}`), "data.jsonl")
	if err == nil || err.Error() != "data.jsonl line 1: has text, but there is no tokenizer" {
		t.Errorf("got %v", err)
	}
	if _, err = e.LoadPrompts(strings.NewReader(`{"prompt":""}`), "data.jsonl"); hint.Of(err) == "" {
		t.Error("no hint on an empty prompt")
	}
}

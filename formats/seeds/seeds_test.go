package seeds

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

func TestTokensAndLabelsAreTakenAsTheyAre(t *testing.T) {
	data := "\uFEFF{\"input_ids\":[5,6,7],\"labels\":[-100,6,9],\"id\":1}\r\n\n \t \r\n{\"labels\":[1,2],\"input_ids\":[1,2]}"
	got, err := new(Encoder).Load(strings.NewReader(data), "seeds.jsonl")
	want := []Sample{
		{1, []int32{5, 6, 7}, []int32{Ignored, 6, 9}},
		{4, []int32{1, 2}, []int32{1, 2}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestTheFormThatCounts(t *testing.T) {
	e := with(t, "gpt2")
	for line, want := range map[string]string{
		// All forms at once, then without the first, and so on.
		`{"input_ids":[1,2],"labels":[1,2],"messages":[],"prompt":1,"completion":2}`:                                  "!\"",
		`{"messages":[{"role":"assistant","content":"a"}],"prompt":"b","completion":"c","input_ids":[1]}`:             "<|assistant|>\na<|endoftext|>",
		`{"prompt":"b","completion":"c","messages":null,"input_ids":null,"labels":null}`:                              "bc<|endoftext|>",
		`{"prompt":"x","messages":[1],"messages":[{"role":"assistant","role":"assistant","content":"a"}],"labels":1}`: "<|assistant|>\na<|endoftext|>",
		`{"prompt":"b ","completion":" c<|endoftext|>"}`:                                                              "b  c<|endoftext|>",
		`{"prompt":"","completion":"c"}`:                                                                              "c<|endoftext|>",
	} {
		got, err := e.Load(strings.NewReader(line), "seeds.jsonl")
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		tok, err := e.Tokenizer()
		if err != nil {
			t.Fatal(err)
		}
		if text, err := tok.Decode(got[0].Tokens, false); err != nil || text != want {
			t.Errorf("%s: got %q, %v, want %q", line, text, err, want)
		}
	}
}

func TestLongLinesAreRead(t *testing.T) {
	one := `{"input_ids":[1,2],"labels":[1,2],"x":"` + strings.Repeat("y", 1<<20) + `"}`
	got, err := new(Encoder).Load(iotest.HalfReader(strings.NewReader(one+"\n"+one)), "seeds.jsonl")
	if err != nil || len(got) != 2 || got[1].Line != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	endless := io.MultiReader(strings.NewReader("\n"), zeros{})
	if _, err := new(Encoder).Load(endless, "seeds.jsonl"); err == nil || err.Error() != "seeds.jsonl line 2: has more than 67108864 bytes" {
		t.Errorf("got %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestSamplesAreCut(t *testing.T) {
	line := `{"input_ids":[1,2,3,4],"labels":[-100,2,3,-100]}`
	got, err := (&Encoder{MaxLength: 2}).Load(strings.NewReader(line), "seeds.jsonl")
	if err != nil || !reflect.DeepEqual(got[0], Sample{1, []int32{1, 2}, []int32{Ignored, 2}}) {
		t.Errorf("got %v, %v", got, err)
	}
	long := `{"input_ids":[` + strings.Repeat("1,", 2999) + `1],"labels":[` + strings.Repeat("1,", 2999) + `1]}`
	if got, err = new(Encoder).Load(strings.NewReader(long), "seeds.jsonl"); err != nil || len(got[0].Tokens) != 2048 || len(got[0].Labels) != 2048 {
		t.Errorf("%v", err)
	}
}

func TestATemplateSeesOneTime(t *testing.T) {
	e := with(t, "gpt2")
	clock, err := chat.Parse(`{{ strftime_now("%d %b %Y") }}{% for m in messages %}{{ m.content }}{% endfor %}`)
	if err != nil {
		t.Fatal(err)
	}
	e.Template, e.Now = clock, time.Date(2024, 7, 26, 0, 0, 0, 0, time.UTC)
	got, err := e.Load(strings.NewReader(`{"messages":[{"role":"assistant","content":"a"}]}`), "seeds.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := e.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := tok.Decode(got[0].Tokens, false); err != nil || text != "26 Jul 2024a" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestErrorsNameFileAndLine(t *testing.T) {
	talk := func(turns string) string { return `{"messages":[` + turns + `]}` }
	user, bot := `{"role":"user","content":"q"}`, `{"role":"assistant","content":"a"}`
	for _, c := range []struct{ line, want, advice string }{
		{`{"messages":[`, "is not JSON: byte 12: unexpected end of JSON input", "one JSON object"},
		{`{'prompt': 1}`, `is not JSON: byte 1: invalid character '\'' looking for beginning of object key string`, "one JSON object"},
		{`{"a": NaN}`, "is not JSON: byte 6: invalid character 'N' looking for beginning of value", "one JSON object"},
		{"{\"prompt\":\"\xff\"}", "is not JSON: byte 11: 0xFF is not valid UTF-8", "one JSON object"},
		{`{"prompt":"a\ud800","completion":"b"}`, `is not JSON: byte 12: \ud800 is half a character`, "one JSON object"},
		{`[` + talk(bot) + `]`, "found an array, expected an object", "one JSON object"},
		{`"text"`, "found a string, expected an object", "one JSON object"},
		{`1`, "found a number, expected an object", "one JSON object"},
		{`null`, "found null, expected an object", "one JSON object"},
		{`true`, "found a boolean, expected an object", "one JSON object"},
		{`{}`, "found no keys", `a line is {"messages"`},
		{`{"text":"a","id":1}`, "found the keys id, text, which make no sample", `a line is {"messages"`},
		{`{"Messages":[` + bot + `]}`, "found the keys Messages, which make no sample", `a line is {"messages"`},
		{`{"prompt":"a"}`, "found the keys prompt, which make no sample", `a line is {"messages"`},
		{`{"input_ids":[1]}`, "found the keys input_ids, which make no sample", `a line is {"messages"`},

		{`{"messages":"a"}`, "messages: found a string, expected an array", ""},
		{talk(""), "messages: is empty", ""},
		{talk(`"a"`), "messages[0]: found a string, expected an object", ""},
		{talk(`null`), "messages[0]: found null, expected an object", ""},
		{talk(`{"content":"a"}`), "messages[0]: has no role", ""},
		{talk(`{"role":"user"}`), "messages[0]: has no content", ""},
		{talk(`{"role":1,"content":"a"}`), "messages[0]: role: found a number, expected a string", ""},
		{talk(`{"role":null,"content":"a"}`), "messages[0]: role: found null, expected a string", ""},
		{talk(`{"role":"user","content":null}`), "messages[0]: content: found null, expected a string", ""},
		{talk(`{"role":"user","content":{}}`), "messages[0]: content: found an object, expected a string", ""},
		{talk(`{"role":"user","content":["a"]}`), `messages[0]: content: expected a string or a list of {"type": "text", "text": "..."}`, ""},
		{talk(`{"role":"user","content":[{"type":"text","text":"a"},{"type":"image"}]}`), `messages[0]: content[1]: expected {"type": "text", "text": "..."}`, ""},
		{talk(`{"role":"user","content":[{"type":"text","text":null}]}`), `messages[0]: content[0]: expected {"type": "text", "text": "..."}`, ""},
		{talk(user + `,{"role":"assistant","content":" \n\u001f"}`), "messages[1]: the assistant's turn is empty", ""},
		{talk(user + `,{"role":"assistant","content":[]}`), "messages[1]: the assistant's turn is empty", ""},
		{talk(user + `,{"role":"assistant","content":""},` + user + "," + bot), "messages[1]: the assistant's turn is empty", ""},
		{talk(user + `,{"role":"assistant","content":"a","tool_calls":[{}]}`), "messages[1]: has tool_calls, but only role and content are used", "into content"},
		{talk(user + `,{"role":"assistant","content":"a","tool_calls":[],"reasoning_content":"b"}`), "messages[1]: has reasoning_content, but only role and content are used", "into content"},
		{talk(bot + "," + user), `messages: the last turn is of role "user", expected assistant`, "the model is to say"},
		{talk(`{"role":"human","content":"a"},` + bot), `messages[0]: found role "human", expected system, user or assistant`, ""},

		{`{"prompt":1,"completion":"a"}`, "prompt: found a number, expected a string", ""},
		{`{"prompt":"a","completion":[1]}`, "completion: found an array, expected a string", ""},
		{`{"prompt":"a","completion":" \n"}`, "the completion is empty", ""},

		{`{"input_ids":"a","labels":[]}`, "input_ids: found a string, expected an array of integers", ""},
		{`{"input_ids":[1],"labels":1}`, "labels: found a number, expected an array of integers", ""},
		{`{"input_ids":[1,2],"labels":[1]}`, "found 2 input_ids and 1 labels, expected as many", ""},
		{`{"input_ids":[1,-1],"labels":[1,1]}`, "input_ids[1]: found -1, expected a token id", ""},
		{`{"input_ids":[1,-100],"labels":[1,1]}`, "input_ids[1]: found -100, expected a token id", ""},
		{`{"input_ids":[1,2],"labels":[1,-1]}`, "labels[1]: found -1, expected a token id or -100", ""},
		{`{"input_ids":[1,1.0],"labels":[1,1]}`, "input_ids[1]: found 1.0, expected an integer of 32 bits", ""},
		{`{"input_ids":[1,null],"labels":[1,1]}`, "input_ids[1]: found null, expected an integer of 32 bits", ""},
		{`{"input_ids":[1,4294967296],"labels":[1,1]}`, "input_ids[1]: found 4294967296, expected an integer of 32 bits", ""},
		{`{"input_ids":[[1,2]],"labels":[[1,2]]}`, "input_ids[0]: found [1,2], expected an integer of 32 bits", ""},
		{`{"input_ids":[],"labels":[]}`, "no token counts for the loss", ""},
		{`{"input_ids":[1],"labels":[1]}`, "no token counts for the loss", ""},
		{`{"input_ids":[1,2],"labels":[1,-100]}`, "no token counts for the loss", ""},
		{`{"input_ids":[1,2,3,4,5,6,7,8,9],"labels":[1,-100,-100,-100,-100,-100,-100,-100,9]}`, "no token that counts is left of 9, cut at 8", "--max-length"},
		{talk(user + "," + bot), "no token that counts is left of 25, cut at 8", "--max-length"},
	} {
		e := with(t, "gpt2")
		e.MaxLength = 8
		good := `{"input_ids":[1,2],"labels":[1,2]}` + "\n\n"
		_, err := e.Load(strings.NewReader(good+c.line+"\n"), "data/seeds.jsonl")
		if err == nil || err.Error() != "data/seeds.jsonl line 3: "+c.want {
			t.Errorf("%s: got %v, want %s", c.line, err, c.want)
		}
		if got := hint.Of(err); (got == "") != (c.advice == "") || !strings.Contains(got, c.advice) {
			t.Errorf("%s: got hint %q, want %q in it", c.line, got, c.advice)
		}
	}
}

func TestFilesWithoutSamples(t *testing.T) {
	for _, data := range []string{"", "\n", "\uFEFF\r\n \n"} {
		_, err := new(Encoder).Load(strings.NewReader(data), "seeds.jsonl")
		if err == nil || err.Error() != "seeds.jsonl: has no samples" || hint.Of(err) == "" {
			t.Errorf("%q: got %v", data, err)
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	completion, talk := `{"prompt":"a","completion":"b"}`, `{"messages":[{"role":"assistant","content":"a"}]}`
	_, err := new(Encoder).Load(strings.NewReader(talk), "s")
	if err == nil || err.Error() != "s line 1: has text, but there is no tokenizer" {
		t.Errorf("got %v", err)
	}
	reason := hint.With(errors.New("model: has no tokenizer.json"), "copy it")
	e := &Encoder{Tokenizer: func() (*tokenizer.Tokenizer, error) { return nil, reason }}
	if _, err = e.Load(strings.NewReader(completion), "s"); !errors.Is(err, reason) || hint.Of(err) != "copy it" {
		t.Errorf("got %v", err)
	}
	e = with(t, "words") // it names no EOS token
	for line, want := range map[string]string{
		completion: "s line 1: a completion ends with the EOS token, which the model's tokenizer doesn't name",
		talk:       "s line 1: the template nugget ends with the EOS token, which the model's tokenizer doesn't name",
	} {
		if _, err = e.Load(strings.NewReader(line), "s"); err == nil || err.Error() != want || !strings.Contains(hint.Of(err), "eos_token") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err = (&Encoder{MaxLength: -1}).Load(strings.NewReader(talk), "s"); err == nil || err.Error() != "s: the maximum length of a sample is -1, expected at least 1" {
		t.Errorf("got %v", err)
	}
	broken := errors.New("disk on fire")
	if _, err = new(Encoder).Load(iotest.ErrReader(broken), "s"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestWhatTheTemplateRefuses(t *testing.T) {
	e := with(t, "gemma")
	e.Template = template(t, "gemma")
	_, err := e.Load(strings.NewReader(`{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}`), "s")
	var refusal *chat.Refusal
	if !errors.As(err, &refusal) || !strings.HasPrefix(err.Error(), "s line 1: the chat template refuses the conversation: ") || hint.Of(err) == "" {
		t.Errorf("got %v", err)
	}
}

package seeds

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// load loads one of the small tokenizers; "+eos" adds EOS to its special tokens.
func load(t testing.TB, name string) *tokenizer.Tokenizer {
	t.Helper()
	name, eos := strings.CutSuffix(name, "+eos")
	special := map[string][2]string{
		"llama2": {"<s>", "</s>"}, "llama2_metaspace": {"<s>", "</s>"}, "gemma": {"<bos>", "<eos>"}, "words": {},
		"gpt2": {"<|endoftext|>", "<|endoftext|>"}, "smollm": {"<|im_start|>", "<|im_end|>"}, "llama3": {"<|begin_of_text|>", "<|end_of_text|>"},
	}[name]
	config := map[string]any{"bos_token": special[0], "eos_token": special[1]}
	if eos {
		config["add_bos_token"], config["add_eos_token"] = true, true
	}
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.FromJSON(gunzip(t, "../tokenizer/testdata/"+name+".json.gz"), data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// with is an encoder with one of the small tokenizers.
func with(t testing.TB, name string) *Encoder {
	t.Helper()
	tok := load(t, name)
	return &Encoder{Tokenizer: func() (*tokenizer.Tokenizer, error) { return tok, nil }}
}

func template(t testing.TB, name string) *chat.Template {
	t.Helper()
	source, err := os.ReadFile("../chat/testdata/templates/" + name + ".jinja")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := chat.Parse(string(source))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// The golden comes from transformers: testdata/make.py.
func TestTokensAndLabelsAreThoseOfTransformers(t *testing.T) {
	var cases []struct {
		Line, Tokenizer, Template string
		Limit                     int
		Tokens, Labels            []int32
	}
	if err := json.Unmarshal(gunzip(t, "testdata/golden.json.gz"), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 500 {
		t.Fatalf("%d cases", len(cases))
	}
	encoders := map[string]*Encoder{}
	templates := map[string]*chat.Template{"nugget": nil}
	for i, c := range cases {
		if encoders[c.Tokenizer] == nil {
			encoders[c.Tokenizer] = with(t, c.Tokenizer)
		}
		if _, ok := templates[c.Template]; !ok {
			templates[c.Template] = template(t, c.Template)
		}
		e := *encoders[c.Tokenizer]
		e.Template, e.MaxLength = templates[c.Template], c.Limit
		got, err := e.Load(strings.NewReader(c.Line), "golden")
		if c.Tokens == nil {
			if err == nil || !strings.Contains(err.Error(), "counts") {
				t.Errorf("case %d: got %v, want no token that counts", i, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got[0].Tokens, c.Tokens) || !slices.Equal(got[0].Labels, c.Labels) {
			t.Errorf("case %d: %s, %s, %d: got %v, %v, want\n%v\n%v\n%s", i, c.Tokenizer, c.Template, c.Limit, got, err, c.Tokens, c.Labels, c.Line)
		}
	}
}

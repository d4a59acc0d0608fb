package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
	"github.com/neuralnuggets/nugget/host/engine"
)

func demoTokenizer(t *testing.T) *tokenizer.Tokenizer {
	t.Helper()
	ck, err := checkpoint.Open("../../testdata/demo/student")
	if err != nil {
		t.Fatal(err)
	}
	defer ck.Close()
	tok, err := ck.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func encode(t *testing.T, tok *tokenizer.Tokenizer, text string) []int32 {
	t.Helper()
	ids, err := tok.Encode(text, false)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// What is heard part by part is the text, whatever ends it.
func TestWhatIsHeardIsTheText(t *testing.T) {
	tok := demoTokenizer(t)
	end, ok := tok.ID(tok.EOS())
	if !ok {
		t.Fatal("no EOS token")
	}
	for _, c := range []struct {
		text  string
		stops []string
		ended bool // by an end token
		most  int  // of the tokens; 0: all
		want  string
	}{
		{"3 + 4 = 7. So it is 7.", nil, true, 0, "3 + 4 = 7. So it is 7."},
		{"3 + 4 = 7. So it is 7.", nil, false, 3, ""},
		{"3 + 4 = 7. So it is 7.", []string{" So", "zzz"}, true, 0, "3 + 4 = 7."},
		{"3 + 4 = 7. So it is 7.", []string{"7", "4 ="}, true, 0, "3 + "},
		{"3 + 4 = 7. So", []string{"Sooo"}, true, 0, "3 + 4 = 7. So"},
		{"naïve 🙂 ende", nil, true, 0, "naïve 🙂 ende"},
		{"naïve 🙂 ende", []string{"🙂"}, true, 0, "naïve "},
		{"", nil, true, 0, ""},
	} {
		s := &speaker{speaking: speaking{stops: c.stops}, tokenizer: tok, ends: []int32{end}}
		text, err := s.newSpoken(encode(t, tok, "What is 3 + 4?"))
		if err != nil {
			t.Fatal(err)
		}
		ids := encode(t, tok, c.text)
		if c.most > 0 {
			ids = ids[:c.most]
			c.want, err = tok.Decode(ids, false)
			if err != nil {
				t.Fatal(err)
			}
		}
		if c.ended {
			ids = append(ids, end)
		}
		var heard strings.Builder
		hear := func(part string) error { heard.WriteString(part); return nil }
		over := false
		for _, id := range ids {
			if over {
				break
			}
			if over, err = text.take(id, hear); err != nil {
				t.Fatal(err)
			}
		}
		if err := text.finish(hear); err != nil {
			t.Fatal(err)
		}
		if heard.String() != c.want || text.all.String() != c.want || over != (c.ended || len(c.stops) > 0) {
			t.Errorf("%q, stops %q: heard %q, all %q, over %v; want %q", c.text, c.stops, heard.String(), text.all.String(), over, c.want)
		}
	}
}

func TestAnswersAreCompared(t *testing.T) {
	tok := demoTokenizer(t)
	end, _ := tok.ID(tok.EOS())
	s := &speaker{tokenizer: tok, ends: []int32{end}}
	yes, no := true, false
	for _, c := range []struct {
		got           string
		prompt        seeds.Prompt
		exact, number *bool
	}{
		{"64.", seeds.Prompt{Answered: true, Answer: " 64.\n"}, &yes, &yes},
		{"It is 64", seeds.Prompt{Answered: true, Answer: "64.0"}, &no, &yes},
		{"It is 65", seeds.Prompt{Answered: true, Answer: "64"}, &no, &no},
		{"none", seeds.Prompt{Answered: true, Answer: "64"}, &no, &no},
		{"64", seeds.Prompt{Answered: true, Answer: "none"}, &no, nil},
		{"64", seeds.Prompt{}, nil, nil},
		{"It is 64", seeds.Prompt{Answered: true, AnswerTokens: append(encode(t, tok, "It is 64"), end)}, &yes, &yes},
		{"It is 65", seeds.Prompt{Answered: true, AnswerTokens: encode(t, tok, "It is 64")}, &no, &no},
	} {
		got := said{engine.Continuation{Tokens: append(encode(t, tok, c.got), end), Ended: true}, c.got}
		line := s.compare(c.prompt, got)
		if !same(line.Exact, c.exact) || !same(line.Number, c.number) || line.Text == nil || *line.Text != c.got {
			t.Errorf("%q for %+v: %+v", c.got, c.prompt, line)
		}
	}
	// Without a tokenizer tokens are compared, but for the one that ends.
	s.tokenizer = nil
	line := s.compare(seeds.Prompt{Answered: true, AnswerTokens: []int32{5, 6}}, said{engine.Continuation{Tokens: []int32{5, 6, end}}, ""})
	if !same(line.Exact, &yes) || line.Text != nil || line.Number != nil {
		t.Errorf("tokens alone: %+v", line)
	}
}

func same(a, b *bool) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func TestTheLikeliestOptionIsChosen(t *testing.T) {
	for _, c := range []struct {
		likelihoods  []float64
		characters   []int
		choice, norm int
	}{
		{[]float64{-3, -2, -4}, []int{1, 1, 1}, 1, 1},
		{[]float64{-3, -2, -4}, []int{1, 1, 8}, 1, 2},
		{[]float64{-2, -2}, []int{3, 3}, 0, 0},
	} {
		line := chosen{LogLikelihoods: c.likelihoods, Characters: c.characters}
		if line.choose(); line.Choice != c.choice || line.ChoiceNorm != c.norm {
			t.Errorf("%v: %d and %d, want %d and %d", c.likelihoods, line.Choice, line.ChoiceNorm, c.choice, c.norm)
		}
	}
	if mean, stderr := share(3, 4); mean != 0.75 || stderr != 0.25 {
		t.Errorf("3 of 4 is %v, with the standard error %v", mean, stderr)
	}
	if ratio(0, 0) != nil || *ratio(1, 4) != 0.25 {
		t.Error("ratio")
	}
}

func TestTheEndTokenIsNoPartOfAnAnswer(t *testing.T) {
	s := &speaker{ends: []int32{1, 2}}
	for _, c := range [][2][]int32{{{5, 1}, {5}}, {{5, 2}, {5}}, {{1, 5}, {1, 5}}, {nil, nil}, {{1}, {}}} {
		if got := s.withoutEnd(c[0]); !slices.Equal(got, c[1]) {
			t.Errorf("%v: %v", c[0], got)
		}
	}
}

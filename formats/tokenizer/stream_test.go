package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// stream puts together what a stream gives for ids, and reports parts that end within
// a character.
func stream(t testing.TB, tok *Tokenizer, context, ids []int32) string {
	t.Helper()
	s, err := tok.NewStream(context)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, id := range ids {
		part, err := s.Next(id)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(part) || strings.HasSuffix(part, "\uFFFD") {
			t.Errorf("%v: the part %q ends within a character", ids, part)
		}
		b.WriteString(part)
	}
	part, err := s.End()
	if err != nil {
		t.Fatal(err)
	}
	return b.String() + part
}

func TestStreamEqualsDecode(t *testing.T) {
	_, all := readGolden(t)
	for _, g := range all {
		t.Run(g.Name, func(t *testing.T) {
			tok := load(t, g.Name)
			wrong := 0
			for i := 0; i < len(g.IDs); i += 3 {
				ids := g.IDs[i]
				want, err := tok.Decode(ids, true)
				if err != nil {
					t.Fatal(err)
				}
				if got := stream(t, tok, nil, ids); got != want {
					if wrong++; wrong <= 5 {
						t.Errorf("%v: %q, Decode gives %q", ids, got, want)
					}
				}
			}
			if wrong > 0 {
				t.Errorf("%d texts differ", wrong)
			}
		})
	}
}

// A LLaMA-2 tokenizer's Decode drops the space in front of the first word: behind a
// prompt it belongs to the text.
func TestStreamContinuesItsContext(t *testing.T) {
	tok := load(t, "llama2")
	ids, err := tok.Encode("the house is red", true)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(ids); cut++ {
		head, err := tok.Decode(ids[:cut], true)
		if err != nil {
			t.Fatal(err)
		}
		if got := head + stream(t, tok, ids[:cut], ids[cut:]); got != "the house is red" {
			t.Errorf("cut at %d: %q", cut, got)
		}
	}
}

func TestStreamHoldsCharactersBack(t *testing.T) {
	tok := load(t, "gpt2")
	ids, err := tok.Encode("é😀", false)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) < 4 {
		t.Fatalf("%d ids, expected a character of several", len(ids))
	}
	s, err := tok.NewStream(nil)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, id := range ids[:len(ids)-1] {
		part, err := s.Next(id)
		if err != nil {
			t.Fatal(err)
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	end, err := s.End()
	if err != nil || !slices.Equal(parts, []string{"é"}) || end != "\uFFFD" {
		t.Errorf("parts %q, then %q, %v", parts, end, err)
	}
	if _, err := s.Next(-1); err == nil {
		t.Error("an id below zero is taken")
	}
}

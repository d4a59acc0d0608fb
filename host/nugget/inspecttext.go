package main

import (
	"fmt"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
)

// tokenizerRow is a model's tokenizer.
type tokenizerRow struct {
	Tokens int    `json:"tokens"` // 0: there is no tokenizer
	BOS    string `json:"bos"`
	EOS    string `json:"eos"`
	// Front is what it puts in front of every text.
	Front []string `json:"front"`
	Error string   `json:"error,omitempty"`
}

func newTokenizerRow(ck *checkpoint.Checkpoint) tokenizerRow {
	r := tokenizerRow{Front: []string{}}
	t, err := ck.Tokenizer()
	if err != nil {
		r.Error = err.Error()
		return r
	}
	r.Tokens, r.BOS, r.EOS = t.VocabSize(), t.BOS(), t.EOS()
	with, err := t.Encode("", true)
	if err != nil {
		return r
	}
	for _, id := range with {
		if token, ok := t.Token(id); ok {
			r.Front = append(r.Front, token)
		}
	}
	return r
}

func (r tokenizerRow) String() string {
	if r.Tokens == 0 {
		return "none: " + r.Error
	}
	s := fmt.Sprintf("%s tokens", grouped(r.Tokens))
	if r.BOS != "" {
		s += ", begins with " + r.BOS
		if len(r.Front) == 0 {
			s += " (not added)"
		}
	}
	if r.EOS != "" {
		s += ", ends with " + r.EOS
	}
	return s
}

// templateRow is a model's chat template.
type templateRow struct {
	Characters int    `json:"characters"` // 0: there is none
	Error      string `json:"error,omitempty"`
}

func newTemplateRow(ck *checkpoint.Checkpoint) templateRow {
	t, err := ck.ChatTemplate()
	if err != nil {
		return templateRow{Error: err.Error()}
	}
	return templateRow{Characters: len([]rune(t.Source()))}
}

func (r templateRow) String() string {
	if r.Error != "" {
		return "none: " + r.Error
	}
	return fmt.Sprintf("%s characters", grouped(r.Characters))
}

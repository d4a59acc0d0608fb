package seeds

import (
	"errors"
	"fmt"
	"io"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// Prompt is one line of a data file as what a model is to continue: what Load ignores at
// a sample's beginning.
type Prompt struct {
	Line   int // in its file, from 1
	Tokens []int32
	// Answer is what the line has behind the prompt: the last turn's content, or the
	// completion. Of a line that is tokens already it is AnswerTokens, the first labels
	// that count.
	Answer       string
	AnswerTokens []int32
	// Answered says that the line has an answer: {"prompt"} alone has none.
	Answered bool
}

const promptForms = lineForms + `; to be continued, {"prompt"} alone will do`

// LoadPrompts reads a JSONL file as Load does, and what is to be continued of each line.
// {"prompt": "..."} alone is a line too. A prompt is never cut: a longer one than the
// maximum is an error.
func (e *Encoder) LoadPrompts(r io.Reader, name string) ([]Prompt, error) {
	return loadLines(e, r, name, promptForms, func(run *Encoder, line []byte, number int) (Prompt, error) {
		p, err := run.prompt(line)
		if err == nil {
			err = run.checkPrompt(p.Tokens)
		}
		p.Line = number
		return p, err
	})
}

func (e *Encoder) prompt(line []byte) (Prompt, error) {
	o, err := object(line)
	if err != nil {
		return Prompt{}, err
	}
	if has(o, "prompt") && !has(o, "completion") && !has(o, "messages") && !(has(o, "input_ids") && has(o, "labels")) {
		prompt, err := text("prompt", o["prompt"])
		if err != nil {
			return Prompt{}, err
		}
		tokens, err := e.Prompt(prompt)
		return Prompt{Tokens: tokens}, err
	}
	p, err := parseObject(o)
	if err != nil {
		return Prompt{}, err
	}
	switch {
	case p.messages != nil:
		t, err := e.tokenizer()
		if err != nil {
			return Prompt{}, err
		}
		last := len(p.messages) - 1
		prompt, err := e.render(t, p.messages[:last], true)
		if err != nil {
			return Prompt{}, err
		}
		tokens, err := t.Encode(prompt, e.Template == nil)
		return Prompt{Tokens: tokens, Answer: p.messages[last].Content, Answered: true}, err
	case p.completion != "":
		tokens, err := e.Prompt(p.prompt)
		return Prompt{Tokens: tokens, Answer: p.completion, Answered: true}, err
	}
	return promptOfTokens(p.tokens, p.labels)
}

// Prompt encodes a text that is to be continued. The tokenizer adds its special tokens.
func (e *Encoder) Prompt(prompt string) ([]int32, error) {
	t, err := e.tokenizer()
	if err != nil {
		return nil, err
	}
	return t.Encode(prompt, true)
}

// promptOfTokens cuts at the first label that counts.
func promptOfTokens(tokens, labels []int32) (Prompt, error) {
	first := 1 // nothing comes before the first, so that it cannot be an answer
	for first < len(labels) && labels[first] == Ignored {
		first++
	}
	if first >= len(labels) {
		return Prompt{}, errors.New("no token counts for the loss, so that there is nothing to be answered")
	}
	p := Prompt{Tokens: tokens[:first], Answered: true}
	for _, label := range labels[first:] {
		if label == Ignored {
			break
		}
		p.AnswerTokens = append(p.AnswerTokens, label)
	}
	return p, nil
}

func (e *Encoder) checkPrompt(tokens []int32) error {
	switch {
	case len(tokens) == 0:
		return hint.With(errors.New("the prompt is empty"), "a model continues at least one token, and this tokenizer puts none in front of a text")
	case e.MaxLength > 0 && len(tokens) > e.MaxLength:
		return hint.With(fmt.Errorf("the prompt has %d tokens, the maximum is %d", len(tokens), e.MaxLength), "raise --max-length, or shorten the prompt")
	}
	return nil
}

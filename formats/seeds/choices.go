package seeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// Choice is one line of a data file as a question with options.
type Choice struct {
	Line    int // in its file, from 1
	Options []Option
	Answer  int // the right option's index
}

// Option is a prompt with one of its options behind it. Only the option's tokens count.
type Option struct {
	Sample
	// Characters is the option's length without space around it.
	Characters int
}

const choiceForms = `a line is {"prompt": "...", "options": ["...", ...], "answer": 0}, or has "messages" in place of "prompt"`

// HaveOptions reports whether a JSONL file is one of questions with options: whether its
// first line is such a one.
func HaveOptions(r io.Reader) bool {
	line, err := newLines(r).next()
	if err != nil {
		return false
	}
	o, err := object(line)
	return err == nil && has(o, "options")
}

// LoadChoices reads a JSONL file of questions with options,
//
//	{"prompt": "...", "options": ["...", "...", ...], "answer": 0}
//
// where answer is the index of the right one. In place of prompt there may be messages,
// whose last turn is not the assistant's: the option is then what the assistant says.
//
// Prompt and option are put together verbatim, nothing between them, and tokenised as
// the EleutherAI harness (lm-eval 0.4.13) does: the prompt's tokens are those that it
// has by itself, without the space at its end; all others count. The tokenizer adds its
// special tokens in front, unless the prompt spells the BOS token out, and none behind.
func (e *Encoder) LoadChoices(r io.Reader, name string) ([]Choice, error) {
	return loadLines(e, r, name, choiceForms, func(run *Encoder, line []byte, number int) (Choice, error) {
		c, err := run.choice(line)
		if err != nil {
			return c, err
		}
		c.Line = number
		for i := range c.Options {
			c.Options[i].Line = number
		}
		return c, nil
	})
}

func (e *Encoder) choice(line []byte) (Choice, error) {
	var c Choice
	o, err := object(line)
	if err != nil {
		return c, err
	}
	for _, key := range []string{"options", "answer"} {
		if !has(o, key) {
			return c, hint.With(fmt.Errorf("has no %s", key), choiceForms)
		}
	}
	t, err := e.tokenizer()
	if err != nil {
		return c, err
	}
	prompt, special, err := e.question(t, o)
	if err != nil {
		return c, err
	}
	options, err := readOptions(o["options"])
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(o["answer"], &c.Answer); err != nil || c.Answer < 0 || c.Answer >= len(options) {
		return c, fmt.Errorf("answer: found %.40s, expected the index of one of %d options, from 0", o["answer"], len(options))
	}
	for i, option := range options {
		s, err := e.option(t, prompt, option, special)
		if err != nil {
			return c, fmt.Errorf("options[%d]: %w", i, err)
		}
		c.Options = append(c.Options, Option{s, utf8.RuneCountInString(strings.TrimSpace(option))})
	}
	return c, nil
}

// question is the text before the options, and whether the tokenizer adds special
// tokens to it.
func (e *Encoder) question(t *tokenizer.Tokenizer, o map[string]json.RawMessage) (prompt string, special bool, err error) {
	if has(o, "messages") {
		messages, err := readTurns(o["messages"])
		if err != nil {
			return "", false, err
		}
		if messages[len(messages)-1].Role == "assistant" {
			return "", false, errors.New("messages: the last turn is the assistant's, whose words the options are")
		}
		prompt, err = e.render(t, messages, true)
		return prompt, e.Template == nil, err
	}
	if !has(o, "prompt") {
		return "", false, hint.With(errors.New("has no prompt"), choiceForms)
	}
	prompt, err = text("prompt", o["prompt"])
	return prompt, t.BOS() == "" || !strings.HasPrefix(prompt, t.BOS()), err
}

func readOptions(raw json.RawMessage) ([]string, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("options: found %s, expected an array of strings", kind(raw))
	}
	if len(items) < 2 {
		return nil, fmt.Errorf("options: found %d, expected at least 2", len(items))
	}
	options := make([]string, len(items))
	for i, item := range items {
		var err error
		if options[i], err = text(fmt.Sprintf("options[%d]", i), item); err != nil {
			return nil, err
		}
		if blank(options[i]) {
			return nil, fmt.Errorf("options[%d]: is empty", i)
		}
	}
	return options, nil
}

// option encodes a prompt with an option behind it.
func (e *Encoder) option(t *tokenizer.Tokenizer, prompt, option string, special bool) (Sample, error) {
	own, err := t.Encode(prompt+option, false)
	if err != nil {
		return Sample{}, err
	}
	tokens, err := t.Encode(prompt+option, special)
	if err != nil {
		return Sample{}, err
	}
	head, err := t.Encode(strings.TrimRightFunc(prompt, unicode.IsSpace), false)
	if err != nil {
		return Sample{}, err
	}
	first := lead(tokens, own)
	tokens = tokens[:first+len(own)]
	before := first + len(head)
	switch {
	case before == 0:
		return Sample{}, hint.With(errors.New("the prompt is empty"), "the option's first token is predicted from what is before it")
	case before >= len(tokens):
		return Sample{}, errors.New("has no token of its own behind the prompt")
	case len(tokens) > e.MaxLength:
		return Sample{}, hint.With(fmt.Errorf("has %d tokens with its prompt, the maximum is %d", len(tokens), e.MaxLength), "raise --max-length, or shorten the prompt")
	}
	labels := slices.Clone(tokens)
	for i := range before {
		labels[i] = Ignored
	}
	return Sample{Tokens: tokens, Labels: labels}, nil
}

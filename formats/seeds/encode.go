package seeds

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// conversation encodes messages in the encoder's template.
func (e *Encoder) conversation(messages []chat.Message) (Sample, error) {
	t, err := e.tokenizer()
	if err != nil {
		return Sample{}, err
	}
	whole, err := e.render(t, messages, false)
	if err != nil {
		return Sample{}, err
	}
	prompt, err := e.render(t, messages[:len(messages)-1], true)
	if err != nil {
		return Sample{}, err
	}
	return e.split(t, prompt, whole, e.Template == nil)
}

// render writes messages in the encoder's template, which adds special tokens by
// itself where it is the checkpoint's own. prompt puts the beginning of the
// assistant's turn behind them.
func (e *Encoder) render(t *tokenizer.Tokenizer, messages []chat.Message, prompt bool) (string, error) {
	if e.Template != nil {
		return e.Template.Render(messages, chat.Options{Special: t.Special(), Now: e.Now, AddGenerationPrompt: prompt})
	}
	for i, m := range messages {
		if m.Role != "system" && m.Role != "user" && m.Role != "assistant" {
			return "", fmt.Errorf("messages[%d]: found role %q, expected system, user or assistant", i, m.Role)
		}
	}
	if t.EOS() == "" {
		return "", noEOS("the template nugget")
	}
	return chat.Nugget(messages, t.EOS(), prompt), nil
}

// completion encodes a prompt and what follows it.
func (e *Encoder) completion(prompt, completion string) (Sample, error) {
	t, err := e.tokenizer()
	if err != nil {
		return Sample{}, err
	}
	if t.EOS() == "" {
		return Sample{}, noEOS("a completion")
	}
	if !strings.HasSuffix(completion, t.EOS()) {
		completion += t.EOS()
	}
	return e.split(t, prompt, prompt+completion, true)
}

// split encodes whole, and ignores as many tokens as prompt has.
func (e *Encoder) split(t *tokenizer.Tokenizer, prompt, whole string, special bool) (Sample, error) {
	head, err := t.Encode(prompt, special)
	if err != nil {
		return Sample{}, err
	}
	tokens, err := t.Encode(whole, special)
	if err != nil {
		return Sample{}, err
	}
	full := len(tokens)
	if full > e.MaxLength {
		if tokens, err = e.cut(t, whole, tokens, special); err != nil {
			return Sample{}, err
		}
	}
	labels := slices.Clone(tokens)
	for i := range labels[:min(len(head), len(labels))] {
		labels[i] = Ignored
	}
	s := Sample{Tokens: tokens, Labels: labels}
	return s, e.checkCounts(s, full)
}

// cut shortens text's tokens to the maximum. The special tokens that the tokenizer
// has put behind the text's own stay there.
func (e *Encoder) cut(t *tokenizer.Tokenizer, text string, tokens []int32, special bool) ([]int32, error) {
	if !special {
		return tokens[:e.MaxLength], nil
	}
	own, err := t.Encode(text, false)
	if err != nil {
		return nil, err
	}
	after := tokens[min(lead(tokens, own)+len(own), len(tokens)):]
	kept := max(e.MaxLength-len(after), 0)
	return slices.Concat(tokens[:kept], after)[:e.MaxLength], nil
}

// lead is how many special tokens the tokenizer has put before a text's own.
func lead(tokens, own []int32) int {
	n := 0
	for n+len(own) < len(tokens) && !slices.Equal(tokens[n:n+len(own)], own) {
		n++
	}
	return n
}

func (e *Encoder) tokenizer() (*tokenizer.Tokenizer, error) {
	if e.Tokenizer == nil {
		return nil, errors.New("has text, but there is no tokenizer")
	}
	return e.Tokenizer()
}

func noEOS(what string) error {
	return hint.With(fmt.Errorf("%s ends with the EOS token, which the model's tokenizer doesn't name", what),
		"set eos_token in the model's tokenizer_config.json, or give data as input_ids and labels")
}

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/neuralnuggets/nugget/formats/tokenizer"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// speaker continues prompts with a model.
type speaker struct {
	speaking
	ui        *terminal
	model     transfer.Model
	tokenizer *tokenizer.Tokenizer // nil: what is said has no text
	ends      []int32

	// heard, when not nil, gets each part of a text as it comes.
	heard func(prompt int, part string) error
	// through, when not nil, is told of each token: how many prompts are through, and
	// how many tokens there are in all.
	through func(prompts, tokens int)
}

// said is what a model has said behind a prompt.
type said struct {
	engine.Continuation
	text string
}

func (a *app) newSpeaker(s speaking, m transfer.Model, t *tokenizer.Tokenizer) (*speaker, error) {
	if t == nil && len(s.stops) > 0 {
		return nil, fmt.Errorf("--stop is a text, and %s has no tokenizer", m.Name)
	}
	ends, err := m.Checkpoint.EndTokens()
	return &speaker{speaking: s, ui: a.ui, model: m, tokenizer: t, ends: ends}, err
}

// speak continues prompts. It also returns the time from the first token to the last.
func (s *speaker) speak(ctx context.Context, e *engine.Engine, prompts [][]int32) ([]said, time.Duration, error) {
	longest := 0
	texts := make([]*spoken, len(prompts))
	for i, p := range prompts {
		longest = max(longest, len(p))
		var err error
		if texts[i], err = s.newSpoken(p); err != nil {
			return nil, 0, err
		}
	}
	s.hold(s.ui, e, longest+s.most)
	warned := s.warnOfLength("a prompt has", longest)
	var begun, last time.Time
	ended, tokens := 0, 0
	continuations, err := e.Generate(ctx, prompts, engine.GenerateOptions{
		MaxTokens: s.most, Stop: s.ends, Slots: s.slots,
		Token: func(prompt int, token int32) (bool, error) {
			last = time.Now()
			if tokens++; tokens == 1 {
				begun = last
			}
			end, err := texts[prompt].take(token, s.heardOf(prompt))
			if end || texts[prompt].tokens == s.most {
				ended++
			}
			if s.through != nil {
				s.through(ended, tokens)
			}
			return end, err
		},
	})
	if err != nil {
		return nil, 0, err
	}
	all := make([]said, len(prompts))
	longest = 0
	for i, c := range continuations {
		if err := texts[i].finish(s.heardOf(i)); err != nil {
			return nil, 0, err
		}
		all[i] = said{c, texts[i].all.String()}
		longest = max(longest, len(prompts[i])+len(c.Tokens))
	}
	if !warned {
		s.warnOfLength("prompt and continuation have", longest)
	}
	return all, last.Sub(begun), nil
}

// warnOfLength warns of more tokens than the model was made for.
func (s *speaker) warnOfLength(what string, tokens int) bool {
	most := s.model.Arch.MaxPositions
	if most == 0 || tokens <= most {
		return false
	}
	s.ui.warning(fmt.Sprintf("%s %d tokens, and the model was made for %d", what, tokens, most))
	return true
}

// heardOf is where the parts of a prompt's text go.
func (s *speaker) heardOf(prompt int) func(string) error {
	return func(part string) error {
		if s.heard == nil || part == "" {
			return nil
		}
		return s.heard(prompt, part)
	}
}

func (s *speaker) newSpoken(prompt []int32) (*spoken, error) {
	t := &spoken{ends: s.ends, stopper: stopper{stops: s.stops}}
	if s.tokenizer == nil {
		return t, nil
	}
	var err error
	t.stream, err = s.tokenizer.NewStream(prompt)
	return t, err
}

// withoutEnd is what was said without the token that ended it.
func (s *speaker) withoutEnd(tokens []int32) []int32 {
	if n := len(tokens); n > 0 && slices.Contains(s.ends, tokens[n-1]) {
		return tokens[:n-1]
	}
	return tokens
}

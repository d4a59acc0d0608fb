package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// answering is what --json prints of a model's answers.
type answering struct {
	Samples  int      `json:"samples"`
	Tokens   int      `json:"tokens"` // said
	Answered int      `json:"answered"`
	Ended    int      `json:"ended"` // by the model or a stop text; the others were cut
	Exact    *float64 `json:"exact_match"`
	Numbers  int      `json:"numbers"` // samples whose answer has a number
	Number   *float64 `json:"last_number"`
}

// answered is a line of --per-sample. What a sample or a model without text does not
// have is null.
type answered struct {
	Line         int     `json:"line"`
	PromptTokens int     `json:"prompt_tokens"`
	Tokens       []int32 `json:"tokens"`
	Ended        bool    `json:"ended"`
	Text         *string `json:"text"`
	Answer       *string `json:"answer"`
	Exact        *bool   `json:"exact_match"`
	Number       *bool   `json:"last_number"`
}

// answers lets the model answer, and compares.
func (e *evaluating) answers() error {
	prompts, t, err := e.prompts()
	if err != nil {
		return err
	}
	s, err := e.newSpeaker(e.speaking, e.model, t)
	if err != nil {
		return err
	}
	p := e.newProgress()
	defer p.stop()
	eng, err := e.start(nil)
	if err != nil {
		return err
	}
	defer eng.Close()
	s.through = func(through, tokens int) {
		p.report(engine.Progress{
			Phase: fmt.Sprintf("%d of %s", through, plural(len(prompts), "answer")), Layer: arch.Outside,
			Share: float64(through) / float64(len(prompts)),
		})
	}
	ids := make([][]int32, len(prompts))
	for i, prompt := range prompts {
		ids[i] = prompt.Tokens
	}
	all, took, err := s.speak(e.c.Context, eng, ids)
	if err != nil {
		return err
	}
	r := answering{Samples: len(prompts)}
	exact, number := 0, 0
	for i, prompt := range prompts {
		line := s.compare(prompt, all[i])
		if err := e.each.write(line); err != nil {
			return err
		}
		r.Tokens += len(line.Tokens)
		count(&r.Ended, &line.Ended)
		if line.Exact != nil {
			r.Answered++
			count(&exact, line.Exact)
		}
		if line.Number != nil {
			r.Numbers++
			count(&number, line.Number)
		}
	}
	if err := e.each.finish(); err != nil {
		return err
	}
	p.stop()
	e.ui.detail(pace(r.Tokens, took))
	r.Exact, r.Number = ratio(exact, r.Answered), ratio(number, r.Numbers)
	return e.printAnswering(r)
}

// prompts reads the data. The tokenizer is nil where there is none, and none is needed.
func (e *evaluating) prompts() ([]seeds.Prompt, *tokenizer.Tokenizer, error) {
	encoder, err := e.encoding.encoder(e.model.Checkpoint)
	if err != nil {
		return nil, nil, err
	}
	path := e.c.String("data")
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	prompts, err := encoder.LoadPrompts(f, path)
	if err != nil {
		return nil, nil, err
	}
	t, err := e.model.Checkpoint.Tokenizer()
	if err != nil {
		e.ui.warning("answers are compared as tokens: " + err.Error())
		t = nil
	}
	return prompts, t, nil
}

// compare scores what was said behind a prompt.
func (s *speaker) compare(p seeds.Prompt, got said) answered {
	line := answered{Line: p.Line, PromptTokens: len(p.Tokens), Tokens: asList(got.Tokens), Ended: got.Ended}
	if s.tokenizer != nil {
		line.Text = &got.text
	}
	switch {
	case !p.Answered:
	case p.AnswerTokens == nil:
		line.compareText(got.text, p.Answer)
	default:
		exact := slices.Equal(s.withoutEnd(got.Tokens), s.withoutEnd(p.AnswerTokens))
		line.Exact = &exact
		if s.tokenizer == nil {
			break
		}
		if answer, err := s.textOf(p.Tokens, p.AnswerTokens); err == nil {
			line.compareText(got.text, answer)
			*line.Exact = *line.Exact || exact
		}
	}
	return line
}

// compareText scores a text.
func (l *answered) compareText(got, answer string) {
	exact := strings.TrimSpace(got) == strings.TrimSpace(answer)
	l.Answer, l.Exact = &answer, &exact
	if lastNumber(answer) != nil {
		number := sameNumber(got, answer)
		l.Number = &number
	}
}

// textOf is the text of tokens behind a prompt.
func (s *speaker) textOf(prompt, tokens []int32) (string, error) {
	t, err := s.newSpoken(prompt)
	if err != nil {
		return "", err
	}
	ignore := func(string) error { return nil }
	for _, id := range tokens {
		if _, err := t.take(id, ignore); err != nil {
			return "", err
		}
	}
	return t.all.String(), t.finish(ignore)
}

func count(n *int, yes *bool) {
	if *yes {
		*n++
	}
}

// ratio is a share of something; nil: there is nothing.
func ratio(n, of int) *float64 {
	if of == 0 {
		return nil
	}
	mean, _ := share(n, of)
	return &mean
}

// pace says how fast a model spoke. The first tokens are those of the prompts.
func pace(tokens int, took time.Duration) string {
	if tokens < 2 || took <= 0 {
		return plural(tokens, "token")
	}
	return fmt.Sprintf("%s, %.1f a second", plural(tokens, "token"), float64(tokens-1)/took.Seconds())
}

func (e *evaluating) printAnswering(r answering) error {
	if e.c.Bool("json") {
		return e.stdout.json(r)
	}
	line := "answers"
	if r.Exact != nil {
		line = "exact match " + percent(*r.Exact)
	}
	if r.Number != nil {
		line += ", last number " + percent(*r.Number)
	}
	_, err := fmt.Fprintf(e.stdout, "%s (%s, %s)\n", line, plural(r.Samples, "sample"), plural(r.Tokens, "token"))
	return err
}

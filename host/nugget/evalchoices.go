package main

import (
	"fmt"
	"math"
	"os"

	"github.com/neuralnuggets/nugget/formats/seeds"
)

// choosing is what --json prints of questions with options.
type choosing struct {
	Questions          int     `json:"questions"`
	Options            int     `json:"options"`
	Accuracy           float64 `json:"accuracy"`
	AccuracyStderr     float64 `json:"accuracy_stderr"`
	AccuracyNorm       float64 `json:"accuracy_norm"` // log-likelihoods per character
	AccuracyNormStderr float64 `json:"accuracy_norm_stderr"`
}

// chosen is a line of --per-sample.
type chosen struct {
	Line           int       `json:"line"`
	Answer         int       `json:"answer"`
	Choice         int       `json:"choice"`
	ChoiceNorm     int       `json:"choice_norm"`
	LogLikelihoods []float64 `json:"log_likelihoods"` // of the options
	Tokens         []int     `json:"tokens"`          // of the options
	Characters     []int     `json:"characters"`      // of the options
}

// choices asks the model to choose among each question's options.
func (e *evaluating) choices() error {
	questions, err := e.questions()
	if err != nil {
		return err
	}
	var samples []seeds.Sample
	for _, q := range questions {
		for _, o := range q.Options {
			samples = append(samples, o.Sample)
		}
	}
	p := e.newProgress()
	defer p.stop()
	eng, err := e.start(p)
	if err != nil {
		return err
	}
	defer eng.Close()
	measured, err := eng.Measure(e.c.Context, samples)
	if err != nil {
		return err
	}
	r := choosing{Questions: len(questions), Options: len(samples)}
	right, rightNorm := 0, 0
	for _, q := range questions {
		line := chosen{Line: q.Line, Answer: q.Answer}
		for i, m := range measured[:len(q.Options)] {
			line.LogLikelihoods = append(line.LogLikelihoods, -m.Loss*float64(m.Tokens))
			line.Tokens = append(line.Tokens, m.Tokens)
			line.Characters = append(line.Characters, q.Options[i].Characters)
		}
		measured = measured[len(q.Options):]
		line.choose()
		if line.Choice == line.Answer {
			right++
		}
		if line.ChoiceNorm == line.Answer {
			rightNorm++
		}
		if err := e.each.write(line); err != nil {
			return err
		}
	}
	if err := e.each.finish(); err != nil {
		return err
	}
	p.stop()
	r.Accuracy, r.AccuracyStderr = share(right, len(questions))
	r.AccuracyNorm, r.AccuracyNormStderr = share(rightNorm, len(questions))
	return e.printChoosing(r)
}

// questions reads the data.
func (e *evaluating) questions() ([]seeds.Choice, error) {
	encoder, err := e.encoding.encoder(e.model.Checkpoint)
	if err != nil {
		return nil, err
	}
	path := e.c.String("data")
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return encoder.LoadChoices(f, path)
}

// choose takes the likeliest option, the first of equal ones.
func (c *chosen) choose() {
	perCharacter := func(i int) float64 { return c.LogLikelihoods[i] / float64(c.Characters[i]) }
	for i, l := range c.LogLikelihoods {
		if l > c.LogLikelihoods[c.Choice] {
			c.Choice = i
		}
		if perCharacter(i) > perCharacter(c.ChoiceNorm) {
			c.ChoiceNorm = i
		}
	}
}

// share is a proportion with its standard error, by the sample's variance.
func share(n, of int) (mean, stderr float64) {
	mean = float64(n) / float64(of)
	if of > 1 {
		stderr = math.Sqrt(mean * (1 - mean) / float64(of-1))
	}
	return mean, stderr
}

func (e *evaluating) printChoosing(r choosing) error {
	if e.c.Bool("json") {
		return e.stdout.json(r)
	}
	_, err := fmt.Fprintf(e.stdout, "accuracy %s, normalised %s (%s, %s)\n",
		percent(r.Accuracy), percent(r.AccuracyNorm), plural(r.Questions, "question"), plural(r.Options, "option"))
	return err
}

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
)

// evaluation is what --json prints.
type evaluation struct {
	Samples       int       `json:"samples"`
	Tokens        int       `json:"tokens"` // that count
	Loss          float64   `json:"loss"`
	Perplexity    float64   `json:"perplexity"`
	TokenLoss     float64   `json:"token_loss"` // the mean over the tokens
	TokenAccuracy float64   `json:"token_accuracy"`
	Losses        []float64 `json:"losses"`
}

// sampleLoss is a line of --per-sample.
type sampleLoss struct {
	Line    int     `json:"line"`
	Tokens  int     `json:"tokens"`
	Loss    float64 `json:"loss"`
	Correct int     `json:"correct"` // tokens
}

// losses measures how well the model predicts the data's tokens that count.
func (e *evaluating) losses() error {
	samples, err := e.encoding.samples(e.model.Checkpoint, e.c.String("data"))
	if err != nil {
		return err
	}
	var logits *output
	if path := e.c.String("logits"); path != "" {
		if logits, err = e.staged.newFile(path, e.c.Bool("force")); err != nil {
			return err
		}
		defer logits.abandon()
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
	for i, m := range measured {
		if err := e.each.write(sampleLoss{samples[i].Line, m.Tokens, m.Loss, m.Correct}); err != nil {
			return err
		}
	}
	if logits != nil {
		if err := writeLogits(e.c.Context, eng, samples, e.model.Arch.Vocab, logits); err != nil {
			return err
		}
	}
	if err := e.each.finish(); err != nil {
		return err
	}
	p.stop()
	return e.printEvaluation(newEvaluation(measured))
}

func newEvaluation(measured []engine.Measured) evaluation {
	r := evaluation{Samples: len(measured)}
	correct := 0
	for _, m := range measured {
		r.Losses = append(r.Losses, m.Loss)
		r.Loss += m.Loss / float64(len(measured))
		r.TokenLoss += m.Loss * float64(m.Tokens)
		r.Tokens += m.Tokens
		correct += m.Correct
	}
	r.TokenLoss /= float64(r.Tokens)
	r.TokenAccuracy = float64(correct) / float64(r.Tokens)
	// JSON has no infinity.
	r.Perplexity = min(math.Exp(r.Loss), math.MaxFloat64)
	return r
}

func (e *evaluating) printEvaluation(r evaluation) error {
	if e.c.Bool("json") {
		return e.stdout.json(r)
	}
	_, err := fmt.Fprintf(e.stdout, "loss %.4f, perplexity %.4g, token accuracy %s (%s, %s)\n",
		r.Loss, r.Perplexity, percent(r.TokenAccuracy), plural(r.Samples, "sample"), plural(r.Tokens, "token"))
	return err
}

// writeLogits writes the logits of every sample; one sample's are in memory at a time.
func writeLogits(ctx context.Context, e *engine.Engine, samples []seeds.Sample, vocab int, out *output) error {
	headers := make([]safetensors.Tensor, len(samples))
	for i, s := range samples {
		headers[i] = safetensors.Tensor{Name: strconv.Itoa(i), DType: "F32", Shape: []int{len(s.Tokens), vocab}}
	}
	f, err := os.Create(out.new())
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := safetensors.NewWriter(f, headers, map[string]string{"format": "pt"})
	if err != nil {
		return err
	}
	err = e.Logits(ctx, samples, func(sample int, logits []float32) error {
		return w.WriteFloat32(strconv.Itoa(sample), 0, logits)
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return out.commit()
}

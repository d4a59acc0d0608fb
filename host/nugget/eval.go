package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

func (a *app) evalCommand() *cli.Command {
	return &cli.Command{
		Name:      "eval",
		Usage:     "measure a model's loss on data, with or without an adapter",
		UsageText: "nugget eval --model MODEL [--adapter DIR] --data FILE [--logits FILE] [--json]",
		Description: `The loss of a sample is the mean cross entropy over its tokens that count, in nats; the
loss of the data is the mean over the samples.

--logits writes a safetensors file: of sample i, from 0, the tensor "i" of [tokens, vocabulary].`,
		Flags: flags(modelFlag(),
			&cli.StringFlag{Name: "data", Usage: "the samples, JSON lines in `FILE`"},
			&cli.StringFlag{Name: "adapter", Usage: "a PEFT adapter's `DIR`"},
			&cli.StringFlag{Name: "logits", Usage: "write every sample's logits to `FILE`"},
			forceFlag(), jsonFlag(), dataFlags(), engineFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.eval),
	}
}

// evaluation is what --json prints.
type evaluation struct {
	Samples int       `json:"samples"`
	Tokens  int       `json:"tokens"` // that count
	Loss    float64   `json:"loss"`
	Losses  []float64 `json:"losses"`
}

func (a *app) eval(c *cli.Context) error {
	if err := required(c, "model", "data"); err != nil {
		return err
	}
	if _, err := arguments(c); err != nil {
		return err
	}
	encoding, err := newEncoding(c)
	if err != nil {
		return err
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	m, err := open(c.Context, plugins, c.String("model"))
	if err != nil {
		return err
	}
	defer m.Checkpoint.Close()
	samples, err := encoding.samples(m.Checkpoint, c.String("data"))
	if err != nil {
		return err
	}
	var logits *output
	if path := c.String("logits"); path != "" {
		if logits, err = a.staged.newFile(path, c.Bool("force")); err != nil {
			return err
		}
		defer logits.abandon()
	}
	p := a.newProgress()
	defer p.stop()
	opts, err := a.engineOptions(c, p)
	if err != nil {
		return err
	}
	if dir := c.String("adapter"); dir != "" {
		if opts.Delta, err = a.delta(dir, m.Arch); err != nil {
			return err
		}
	}
	e, err := engine.New(c.Context, m.Checkpoint, m.Arch, opts)
	if err != nil {
		return err
	}
	defer e.Close()
	a.ui.detail("backend " + e.Backend())
	losses, err := e.Losses(c.Context, samples)
	if err != nil {
		return err
	}
	if logits != nil {
		if err := writeLogits(c.Context, e, samples, m.Arch.Vocab, logits); err != nil {
			return err
		}
	}
	p.stop()
	return a.printEvaluation(newEvaluation(samples, losses), c.Bool("json"))
}

// delta reads an adapter that PEFT would load onto the model.
func (a *app) delta(dir string, model *arch.Architecture) (func(*arch.Module, []float32) error, error) {
	report, err := peft.Check(dir, model)
	if err != nil {
		return nil, err
	}
	if err := report.Err(dir); err != nil {
		return nil, err
	}
	for _, f := range report.Findings {
		a.ui.warning(dir + ": " + f.String())
	}
	adapter, err := peft.Read(dir)
	if err != nil {
		return nil, err
	}
	return adapter.Add, nil
}

func newEvaluation(samples []seeds.Sample, losses []float64) evaluation {
	r := evaluation{Samples: len(samples), Losses: losses}
	for i, s := range samples {
		for _, label := range s.Labels[min(1, len(s.Labels)):] {
			if label != seeds.Ignored {
				r.Tokens++
			}
		}
		r.Loss += losses[i] / float64(len(losses))
	}
	return r
}

func (a *app) printEvaluation(r evaluation, asJSON bool) error {
	if asJSON {
		return a.stdout.json(r)
	}
	_, err := fmt.Fprintf(a.stdout, "loss %.4f, perplexity %.4g (%s, %s)\n",
		r.Loss, math.Exp(r.Loss), plural(r.Samples, "sample"), plural(r.Tokens, "token"))
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

package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

func (a *app) evalCommand() *cli.Command {
	return &cli.Command{
		Name:  "eval",
		Usage: "measure how well a model does on data, with or without an adapter",
		UsageText: "nugget eval --model MODEL [--adapter DIR] --data FILE [--per-sample FILE] [--logits FILE] [--json]\n" +
			"nugget eval --model MODEL [--adapter DIR] --data FILE --generate [--per-sample FILE] [--json]",
		Description: `The loss of a sample is the mean cross entropy over its tokens that count, in nats; the loss of the
data is the mean over the samples, and perplexity its exponential. Token accuracy is the share of the
tokens that count which the model thinks the most likely, all samples together.

With --generate the model answers instead: it continues each sample's prompt, all but the last turn.
An answer matches exactly when it is the sample's but for space around it; it has the same last number
when both end with equal numbers, as word problems are scored. Lines with {"prompt"} alone are answered
and not scored.

Data whose lines are {"prompt", "options": [...], "answer": index} asks the model to choose: it takes the
option that is the likeliest behind the prompt. Accuracy goes by the sum of the log-likelihoods of the
option's tokens, normalised accuracy by that sum per character, as lm-evaluation-harness' acc and
acc_norm. The option follows the prompt with nothing in between: begin it with a space where one belongs.

--per-sample writes what was found for every line of the data. --logits writes a safetensors file: of
sample i, from 0, the tensor "i" of [tokens, vocabulary].`,
		Flags: flags(modelFlag(),
			&cli.StringFlag{Name: "data", Usage: "the samples, JSON lines in `FILE`"},
			&cli.StringFlag{Name: "adapter", Usage: "a PEFT adapter's `DIR`"},
			boolFlag("generate", "let the model answer, and compare its answers"),
			&cli.IntFlag{Name: "batch-size", Value: 8, Usage: "let it answer `N` prompts side by side"},
			speakFlags(256), perSampleFlag(),
			&cli.StringFlag{Name: "logits", Usage: "write every sample's logits to `FILE`"},
			forceFlag(), jsonFlag(), dataFlags(), engineFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.measured(a.eval),
	}
}

// evaluating is one evaluation on its way.
type evaluating struct {
	*app
	c        *cli.Context
	encoding encoding
	speaking speaking
	model    transfer.Model
	each     *perSample // nil: not wanted
}

func (a *app) eval(c *cli.Context) error {
	if err := required(c, "model", "data"); err != nil {
		return err
	}
	if _, err := arguments(c); err != nil {
		return err
	}
	e := &evaluating{app: a, c: c}
	var err error
	if e.encoding, err = newEncoding(c); err != nil {
		return err
	}
	if err := e.readSpeaking(); err != nil {
		return err
	}
	options, err := haveOptions(c.String("data"))
	if err != nil {
		return err
	}
	switch {
	case options && c.Bool("generate"):
		return misused(c, "--generate: %s has options to choose from", c.String("data"))
	case options && c.String("logits") != "":
		return misused(c, "--logits: %s has options to choose from", c.String("data"))
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	if e.model, err = open(c.Context, plugins, c.String("model")); err != nil {
		return err
	}
	defer e.model.Checkpoint.Close()
	if e.each, err = a.newPerSample(c); err != nil {
		return err
	}
	defer e.each.abandon()
	switch {
	case options:
		return e.choices()
	case c.Bool("generate"):
		return e.answers()
	}
	return e.losses()
}

// readSpeaking reads the flags of --generate, which mean nothing without it.
func (e *evaluating) readSpeaking() error {
	if e.c.Bool("generate") {
		if e.c.String("logits") != "" {
			return misused(e.c, "--generate and --logits exclude each other")
		}
		var err error
		if e.speaking, err = newSpeaking(e.c); err != nil {
			return err
		}
		e.speaking.slots, err = positive(e.c, "batch-size")
		return err
	}
	for _, name := range []string{"max-tokens", "stop", "max-memory", "batch-size"} {
		if e.c.IsSet(name) {
			return misused(e.c, "--%s needs --generate", name)
		}
	}
	return nil
}

// haveOptions reports whether data is of questions with options.
func haveOptions(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return seeds.HaveOptions(f), nil
}

// start prepares the model, with its adapter. The engine is to be closed.
func (e *evaluating) start(p *progress) (*engine.Engine, error) {
	opts, err := e.engineOptions(e.c, p)
	if err != nil {
		return nil, err
	}
	if dir := e.c.String("adapter"); dir != "" {
		if opts.Delta, err = e.delta(dir, e.model.Arch); err != nil {
			return nil, err
		}
	}
	eng, err := engine.New(e.c.Context, e.model.Checkpoint, e.model.Arch, opts)
	if err == nil {
		e.ui.detail("backend " + eng.Backend())
	}
	return eng, err
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
	adapter, err := peft.ReadFor(dir, model)
	if err != nil {
		return nil, err
	}
	return adapter.Add, nil
}

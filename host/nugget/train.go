package main

import (
	"fmt"
	"math"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/host/tune"
)

func (a *app) trainCommand() *cli.Command {
	o := tune.Defaults()
	return &cli.Command{
		Name:      "train",
		Usage:     "fine-tune a model's adapter, or one that begins from nothing",
		UsageText: "nugget train --model MODEL --adapter DIR|--init HOW --data FILE --out DIR [flags]",
		Description: `Only the adapter's factors learn, in float32, on the tokens that count. OUT gets checkpoint-N/ after
N steps, each a complete adapter with the optimizer's state, metrics.jsonl with a line a step, and in the
end the adapter itself. A run that was killed goes on with --resume, to the bytes that it would have ended
with undisturbed.

--adapter takes an adapter's folder, a checkpoint's, or a whole transfer's. One of the paper's form
(transfer --start paper) learns on the model with its negative merged into it; OUT then is the same for the
unmodified model, of twice the rank, and OUT/init what was trained. --init pissa and random-spectrum
likewise give an adapter for the unmodified model, of twice the rank.

The defaults are those of the paper's released code.`,
		Flags: flags(modelFlag(),
			&cli.StringFlag{Name: "adapter", Usage: "begin with the PEFT adapter in `DIR`"},
			&cli.StringFlag{Name: "negative", Usage: "the `DIR` of what is merged into the model first; beside init/ it is found by itself"},
			choiceFlag("init", "", "begin from nothing, `HOW`: kaiming, pissa, orthogonal or random-spectrum", tune.Inits...),
			&cli.IntFlag{Name: "rank", Value: 16, Usage: "the rank `N` of what begins from nothing"},
			choiceFlag("modules", transfer.All, "`WHICH` modules get what begins from nothing: all, attention, ffn or embeddings",
				transfer.All, transfer.Attention, transfer.FFN, transfer.Embeddings),
			&cli.StringFlag{Name: "data", Usage: "the samples, JSON lines in `FILE`"},
			&cli.StringFlag{Name: "out", Usage: "the `DIR` of checkpoints, metrics and the trained adapter"},
			&cli.Float64Flag{Name: "epochs", Value: o.Epochs, Usage: "go `N` times through the data"},
			&cli.IntFlag{Name: "max-steps", Usage: "stop after `N` steps, in place of --epochs", DefaultText: "none"},
			&cli.IntFlag{Name: "batch-size", Value: o.BatchSize, Usage: "`N` samples go through the model together"},
			&cli.IntFlag{Name: "gradient-accumulation", Value: o.Accumulation, Usage: "add up `N` batches for a step"},
			&cli.Float64Flag{Name: "lr", Value: o.LearningRate, Usage: "the learning `RATE` after the warm-up"},
			choiceFlag("schedule", o.Schedule, "`HOW` it goes on: linear, cosine or constant", tune.Schedules...),
			&cli.Float64Flag{Name: "warmup", Value: o.Warmup, Usage: "warm up for this `SHARE` of the steps, or from 1 on so many"},
			&cli.Float64Flag{Name: "weight-decay", Value: o.WeightDecay, Usage: "AdamW's weight decay `X`"},
			&cli.Float64Flag{Name: "adam-beta1", Value: o.Beta1, Usage: "AdamW's beta1 `X`"},
			&cli.Float64Flag{Name: "adam-beta2", Value: o.Beta2, Usage: "AdamW's beta2 `X`"},
			&cli.Float64Flag{Name: "adam-epsilon", Value: o.Epsilon, Usage: "AdamW's epsilon `X`"},
			&cli.Float64Flag{Name: "max-grad-norm", Value: o.MaxNorm, Usage: "clip the gradients' norm to `X`; 0: don't"},
			&cli.Uint64Flag{Name: "seed", Usage: "the seed `N` of the samples' order and of what begins from nothing"},
			boolFlag("in-order", "take the samples in the file's order"),
			&cli.StringFlag{Name: "eval-data", Usage: "measure the loss on the samples in `FILE`"},
			&cli.IntFlag{Name: "eval-every", Usage: "measure it after every `N` steps", DefaultText: "every epoch"},
			&cli.IntFlag{Name: "save-every", Usage: "save a checkpoint after every `N` steps", DefaultText: "every epoch"},
			&cli.IntFlag{Name: "keep", Usage: "keep the newest `N` checkpoints", DefaultText: "all"},
			boolFlag("resume", "go on from the newest checkpoint in --out"),
			boolFlag("other-model", "take an adapter although transfer.json says that it is another model's"),
			&cli.StringFlag{Name: "max-memory", Usage: "use about `SIZE` of memory, such as 6GB: weights that don't fit are read again and again", DefaultText: "most of what is free"},
			activationsFlag(), forceFlag(), jsonFlag(), dataFlags(), engineFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.measured(a.train),
	}
}

// trainOptions are those that the flags give.
func trainOptions(c *cli.Context) (tune.Options, error) {
	o := tune.Defaults()
	o.Epochs, o.Steps = c.Float64("epochs"), c.Int("max-steps")
	o.LearningRate, o.Warmup, o.WeightDecay = c.Float64("lr"), c.Float64("warmup"), c.Float64("weight-decay")
	o.Beta1, o.Beta2, o.Epsilon, o.MaxNorm = c.Float64("adam-beta1"), c.Float64("adam-beta2"), c.Float64("adam-epsilon"), c.Float64("max-grad-norm")
	o.Seed, o.InOrder = c.Uint64("seed"), c.Bool("in-order")
	var err error
	if o.Schedule, err = choice(c, "schedule"); err != nil {
		return o, err
	}
	for _, f := range []struct {
		name string
		to   *int
	}{
		{"batch-size", &o.BatchSize}, {"gradient-accumulation", &o.Accumulation},
		{"max-steps", &o.Steps}, {"eval-every", &o.EvalEvery}, {"save-every", &o.SaveEvery}, {"keep", &o.Keep},
	} {
		if *f.to > 0 || c.IsSet(f.name) {
			if *f.to, err = positive(c, f.name); err != nil {
				return o, err
			}
		}
	}
	if c.IsSet("eval-every") && c.String("eval-data") == "" {
		return o, misused(c, "--eval-every needs --eval-data")
	}
	if err := o.Check(); err != nil {
		return o, misused(c, "%v", err)
	}
	return o, nil
}

func (a *app) train(c *cli.Context) error {
	if err := required(c, "model", "data", "out"); err != nil {
		return err
	}
	if _, err := arguments(c); err != nil {
		return err
	}
	opts, err := trainOptions(c)
	if err != nil {
		return err
	}
	begin, err := newBeginning(c)
	if err != nil {
		return err
	}
	encoding, err := newEncoding(c)
	if err != nil {
		return err
	}
	memory, err := memoryLimit(c)
	if err != nil {
		return err
	}
	folder, err := a.trainFolder(c)
	if err != nil {
		return err
	}
	defer folder.close()

	plugins := a.plugins(c)
	defer plugins.Close()
	m, err := open(c.Context, plugins, c.String("model"))
	if err != nil {
		return err
	}
	defer m.Checkpoint.Close()
	t := &tune.Training{Options: opts, Dir: folder.path, Resume: c.Bool("resume"), Message: a.ui.message}
	if t.Train, err = encoding.data(m.Checkpoint, c.String("data")); err != nil {
		return err
	}
	if path := c.String("eval-data"); path != "" {
		if t.Eval, err = encoding.data(m.Checkpoint, path); err != nil {
			return err
		}
	}
	if err := begin.read(a, m); err != nil {
		return err
	}
	if t.Inputs, err = begin.inputs(c, a, m); err != nil {
		return err
	}
	p := a.newTrainProgress()
	defer p.stop()
	engineOptions, err := a.engineOptions(c, nil)
	if err != nil {
		return err
	}
	if engineOptions.Activations, err = activations(c); err != nil {
		return err
	}
	engineOptions.Progress, engineOptions.Delta = p.within, begin.delta()
	if t.Engine, err = engine.New(c.Context, m.Checkpoint, m.Arch, engineOptions); err != nil {
		return err
	}
	defer t.Engine.Close()
	a.ui.detail("backend " + t.Engine.Backend())
	t.Inputs["backend"] = t.Engine.Backend()
	t.Inputs["activations"] = fmt.Sprint(engineOptions.Activations)
	if err := t.Check(); err != nil {
		return err
	}
	if t.Start, err = begin.start(c.Context, a, m, t.Engine); err != nil {
		return err
	}
	if memory == 0 {
		memory = math.MaxInt64 // where the system doesn't tell
		if free := freeMemory(); free > 0 {
			memory = free / 5 * 4
		}
	}
	a.ui.message(tune.PlanMemory(t, m.Arch, memory).String())
	t.Files = func(r tune.Result) (map[string][]byte, error) { return begin.files(c, t, r) }
	t.Report = p.report
	if err := folder.make(); err != nil {
		return err
	}
	result, err := tune.Run(c.Context, t)
	if err != nil {
		folder.failed = true
		return err
	}
	p.stop()
	return a.printTraining(result, t, c.Bool("json"))
}

// data reads a data file with a model's tokenizer.
func (e encoding) data(ck *checkpoint.Checkpoint, path string) (tune.Data, error) {
	samples, err := e.samples(ck, path)
	return tune.Data{Name: path, Samples: samples}, err
}

func (a *app) printTraining(r *tune.Result, t *tune.Training, asJSON bool) error {
	if asJSON {
		return a.stdout.json(r)
	}
	line := fmt.Sprintf("%s: %s, loss %.4f", t.Dir, plural(r.Steps, "step"), r.Loss)
	if r.Eval != nil {
		line += fmt.Sprintf("; on %s %.4f before and %.4f after, perplexity %.4g", t.Eval.Name, r.Eval.Before, r.Eval.After, math.Exp(r.Eval.After))
	}
	_, err := fmt.Fprintln(a.stdout, line)
	return err
}

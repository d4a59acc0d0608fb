package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
)

// The flags of the commands that run a model, and what they stand for.

func dataFlags() []cli.Flag {
	return []cli.Flag{
		choiceFlag("template", "nugget", "`HOW` messages become text: nugget (the paper's) or chat (the model's own)", "nugget", "chat"),
		&cli.IntFlag{Name: "max-length", Value: 2048, Usage: "cut samples to `N` tokens"},
	}
}

func engineFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "backend", Usage: "the `BACKEND`: go, xla, xla:/path/to/library or xla:cuda; else $GOMLX_BACKEND, else the best that is there"},
		&cli.StringFlag{Name: "profile", Usage: "write where the processors' time goes to `FILE`, for go tool pprof"},
		&cli.IntFlag{Name: "workers", Usage: "run `N` seeds at once on the go backend; 0: as many as cores", DefaultText: "0"},
	}, pluginFlags()...)
}

// computeFlag is that of the commands that measure a sensitivity.
func computeFlag() cli.Flag {
	return choiceFlag("compute", "f32", "form the sensitivity in `TYPE`: f32, or bf16, which is faster where the processor multiplies it", "f32", "bf16")
}

// activationsFlag is that of the commands that go forward and back.
func activationsFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "activations", Value: "4GB",
		Usage: "keep up to `SIZE` of the forward pass in a temporary file, which is memory while there is room, to compute less on the way back; 0: nothing",
	}
}

// activations is --activations in bytes.
func activations(c *cli.Context) (int64, error) {
	n, ok := parseBytes(c.String("activations"))
	if !ok {
		return 0, misused(c, "--activations is %q, expected a size such as 4GB, or 0", c.String("activations"))
	}
	return n, nil
}

// encoding is how the lines of a data file become samples, by the flags.
type encoding struct {
	chat      bool
	maxLength int
}

func newEncoding(c *cli.Context) (encoding, error) {
	template, err := choice(c, "template")
	if err != nil {
		return encoding{}, err
	}
	length, err := positive(c, "max-length")
	return encoding{template == "chat", length}, err
}

// encoder turns lines into tokens with a model's tokenizer.
func (e encoding) encoder(ck *checkpoint.Checkpoint) (*seeds.Encoder, error) {
	encoder := &seeds.Encoder{Tokenizer: ck.Tokenizer, MaxLength: e.maxLength}
	if e.chat {
		var err error
		if encoder.Template, err = ck.ChatTemplate(); err != nil {
			return nil, err
		}
	}
	return encoder, nil
}

// samples reads a data file with a model's tokenizer.
func (e encoding) samples(ck *checkpoint.Checkpoint, path string) ([]seeds.Sample, error) {
	encoder, err := e.encoder(ck)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return encoder.Load(f, path)
}

// engineOptions are those that the flags give.
func (a *app) engineOptions(c *cli.Context, p *progress) (engine.Options, error) {
	if n := c.Int("workers"); n < 0 {
		return engine.Options{}, misused(c, "--workers is %d, expected at least 0", n)
	}
	opts := engine.Options{Backend: c.String("backend"), Workers: c.Int("workers"), Clock: a.clock, Warn: a.ui.warning}
	if p != nil {
		opts.Progress = p.report
	}
	return opts, nil
}

// sensitivityOptions are those of a run that measures the sensitivity.
func (a *app) sensitivityOptions(c *cli.Context, p *progress) (engine.Options, error) {
	compute, err := choice(c, "compute")
	if err != nil {
		return engine.Options{}, err
	}
	opts, err := a.engineOptions(c, p)
	if err != nil {
		return opts, err
	}
	opts.BFloat16 = compute == "bf16"
	opts.Activations, err = activations(c)
	return opts, err
}

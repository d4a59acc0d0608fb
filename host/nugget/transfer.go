package main

import (
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/timing"
	"github.com/neuralnuggets/nugget/host/transfer"
)

func (a *app) transferCommand() *cli.Command {
	return &cli.Command{
		Name:      "transfer",
		Usage:     "make an adapter for a student from what a teacher knows about a task",
		UsageText: "nugget transfer --teacher MODEL --student MODEL --seeds FILE --out DIR [flags]",
		Description: `DIR gets the adapter's files with --start plain, init/ and negative/ with --start paper, and
transfer.json, which says what was taken from where. --json prints transfer.json.

A transfer that was ended by whatever means leaves .DIR.transfer beside DIR, with what was done of it.
The same command with --resume goes on there, to the bytes that it would have ended with undisturbed.`,
		Flags: flags(
			&cli.StringFlag{Name: "teacher", Usage: "the large `MODEL`: a HuggingFace folder, a .gguf file, or a hub id in the local cache"},
			&cli.StringFlag{Name: "student", Usage: "the small `MODEL`"},
			&cli.StringFlag{Name: "seeds", Usage: "the task's samples, JSON lines in `FILE`"},
			&cli.StringFlag{Name: "out", Usage: "the adapter's `DIR`"},
			&cli.IntFlag{Name: "rank", Value: 16, Usage: "the factors' rank `N`; the plain adapter has twice as much"},
			choiceFlag("start", transfer.Plain, "`HOW` the student starts: plain (unmodified) or paper (a negative adapter merged into it)", transfer.Plain, transfer.Paper),
			choiceFlag("layers", transfer.Sensitivity, "`WHICH` of the teacher's layers: sensitivity, random, first or last",
				transfer.Sensitivity, transfer.Random, transfer.First, transfer.Last),
			choiceFlag("structure", transfer.Submatrix, "`WHAT` is taken of a matrix: submatrix, rows-columns, neurons or random",
				transfer.Submatrix, transfer.RowsColumns, transfer.Neurons, transfer.Random),
			choiceFlag("modules", transfer.All, "`WHICH` of the student's modules: all, attention, ffn or embeddings",
				transfer.All, transfer.Attention, transfer.FFN, transfer.Embeddings),
			boolFlag("dry-run", "say what would be taken from where, and what it would cost; write nothing"),
			boolFlag("allow-smaller", "pad with zeros where the teacher is smaller than the student"),
			&cli.Uint64Flag{Name: "rng-seed", Usage: "the seed `N` of what is random"},
			boolFlag("resume", "go on from the last layer that an interrupted transfer to --out has done"),
			boolFlag("report", "write report.html into DIR, a page for people"),
			computeFlag(), activationsFlag(), forceFlag(), jsonFlag(), dataFlags(), engineFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.measured(a.transfer),
	}
}

// transferOptions are those that the flags give.
func transferOptions(c *cli.Context) (o transfer.Options, err error) {
	choose := func(flag string) (v string) {
		if err == nil {
			v, err = choice(c, flag)
		}
		return v
	}
	o = transfer.Options{
		Start:        choose("start"),
		Layers:       choose("layers"),
		Structure:    choose("structure"),
		Modules:      choose("modules"),
		AllowSmaller: c.Bool("allow-smaller"),
		RNGSeed:      c.Uint64("rng-seed"),
		Seeds:        c.String("seeds"),
		Template:     c.String("template"),
		MaxLength:    c.Int("max-length"),
	}
	if err == nil {
		o.Rank, err = positive(c, "rank")
	}
	return o, err
}

func (a *app) transfer(c *cli.Context) error {
	needed := []string{"teacher", "student", "seeds", "out"}
	if c.Bool("dry-run") {
		needed = needed[:3]
	}
	if err := required(c, needed...); err != nil {
		return err
	}
	if _, err := arguments(c); err != nil {
		return err
	}
	opts, err := transferOptions(c)
	if err != nil {
		return err
	}
	encoding, err := newEncoding(c)
	if err != nil {
		return err
	}
	opts.Message, opts.MaxLength = a.ui.message, encoding.maxLength
	if c.Bool("dry-run") {
		return a.dryRun(c, opts, encoding)
	}
	out, err := a.staged.newFolder(c.String("out"), c.Bool("force"))
	if err != nil {
		return err
	}
	defer out.abandon()
	kept, err := a.keepRun(c)
	if err != nil {
		return err
	}
	done := false
	defer func() { kept.close(done) }()
	opts.Keep = kept.path
	p := a.newProgress()
	defer p.stop()
	if opts.Engine, err = a.sensitivityOptions(c, p); err != nil {
		return err
	}

	plugins := a.plugins(c)
	defer plugins.Close()
	teacher, err := open(c.Context, plugins, c.String("teacher"))
	if err != nil {
		return err
	}
	defer teacher.Checkpoint.Close()
	student, err := open(c.Context, plugins, c.String("student"))
	if err != nil {
		return err
	}
	defer student.Checkpoint.Close()
	samples, err := encoding.samples(teacher.Checkpoint, opts.Seeds)
	if err != nil {
		return err
	}
	result, err := transfer.Run(c.Context, teacher, student, samples, opts)
	if err != nil {
		return err
	}
	end := a.clock.Begin(timing.Write)
	err = result.Write(out.new())
	end()
	if err != nil {
		return err
	}
	if c.Bool("report") {
		if err := addReport(out.new()); err != nil {
			return err
		}
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	done = true
	p.stop()
	a.ui.detail("backend " + result.Report.Options.Backend)
	if c.Bool("json") {
		raw, err := os.ReadFile(filepath.Join(out.path, transfer.ReportFile))
		if err == nil {
			_, err = a.stdout.Write(raw)
		}
		return err
	}
	return a.printTransfer(result.Report, student.Arch, out.path)
}

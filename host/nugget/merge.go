package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

func (a *app) mergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "write a model with an adapter merged into it",
		UsageText: "nugget merge --model MODEL --out DIR [--config DIR] [--json] ADAPTER",
		Description: `The result is a HuggingFace folder with the model's files of weights, types, tokenizer and
configuration; its weights are those of PEFT's merge_and_unload. What the adapter does not change
is copied byte for byte. merge.json says what was merged into what.

A GGUF file has no configuration of HuggingFace's. It is converted when --config names a folder
with the model's config.json and tokenizer files (its weights are not needed): to the type that
config.json names, quantised weights decoded.`,
		Flags: flags(modelFlag(),
			&cli.StringFlag{Name: "out", Usage: "the `DIR` of the merged model"},
			&cli.StringFlag{Name: "config", Usage: "for a GGUF model: the `DIR` of its HuggingFace version's config.json and tokenizer"},
			boolFlag("other-model", "merge although transfer.json says that the adapter is another model's"),
			forceFlag(), jsonFlag(), pluginFlags(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.merge),
	}
}

// mergeResult is what --json prints.
type mergeResult struct {
	Out      string         `json:"out"`
	Changed  int            `json:"changed"`
	Tensors  int            `json:"tensors"`
	Rank     int            `json:"rank"`
	Modules  int            `json:"modules"`
	Findings []peft.Finding `json:"findings"`
}

func (a *app) merge(c *cli.Context) error {
	if err := required(c, "model", "out"); err != nil {
		return err
	}
	args, err := arguments(c, "ADAPTER")
	if err != nil {
		return err
	}
	adapter := args[0]
	if err := noPaperFolder(adapter); err != nil {
		return err
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	m, err := open(c.Context, plugins, c.String("model"))
	if err != nil {
		return err
	}
	defer m.Checkpoint.Close()
	if err := mergeable(m.Checkpoint, c.String("config")); err != nil {
		return err
	}
	if err := notItself(c.String("out"), m.Checkpoint.Path(), c.String("config")); err != nil {
		return err
	}
	record, err := a.mergeInputs(c, m, adapter)
	if err != nil {
		return err
	}
	out, err := a.staged.newFolder(c.String("out"), c.Bool("force"))
	if err != nil {
		return err
	}
	defer out.abandon()
	p := a.newProgress()
	defer p.stop()
	progress := func(done, total int64) {
		p.report(engine.Progress{Phase: "merging", Layer: arch.Outside, Share: float64(done) / float64(max(total, 1))})
	}
	var merged *peft.Merged
	if m.Checkpoint.Format() == checkpoint.GGUF {
		merged, err = a.mergeGGUF(c.Context, plugins, m, adapter, c.String("config"), out.new(), record, progress)
	} else {
		merged, err = peft.Merge(c.Context, adapter, m.Checkpoint, m.Arch, out.new(), progress)
	}
	if err != nil {
		return err
	}
	record.Changed, record.Tensors = len(merged.Changed), merged.Tensors
	record.Adapter.Rank, record.Adapter.Modules = merged.Rank, merged.Modules
	if err := record.write(out.new()); err != nil {
		return err
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	p.stop()
	for _, f := range merged.Findings {
		a.ui.warning(adapter + ": " + f.String())
	}
	if c.Bool("json") {
		findings := append([]peft.Finding{}, merged.Findings...)
		return a.stdout.json(mergeResult{out.path, len(merged.Changed), merged.Tensors, merged.Rank, merged.Modules, findings})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s of %s changed, by %s of rank %d\n",
		out.path, grouped(len(merged.Changed)), plural(merged.Tensors, "tensor"), plural(merged.Modules, "module"), merged.Rank)
	return err
}

// mergeInputs identifies model and adapter, and refuses an adapter of another model.
func (a *app) mergeInputs(c *cli.Context, m transfer.Model, adapter string) (*mergeRecord, error) {
	o, err := originOf(adapter)
	if err != nil {
		return nil, err
	}
	r := &mergeRecord{Version: newVersions().Nugget, Adapter: mergedAdapter{Path: adapter, Form: o.form}}
	if r.Model, err = transfer.Identify(c.Context, m); err != nil {
		return nil, err
	}
	b, err := o.compare(c.Context, m, r.Model)
	if err != nil {
		return nil, err
	}
	switch {
	case b == nil || b.Right == "yes" && b.Config:
	case b.Right == "no" && !c.Bool("other-model"):
		return nil, hint.With(errors.New(b.Text), b.hint)
	default:
		a.ui.warning(b.Text)
	}
	if r.Before, err = readMergeRecord(m.Checkpoint.Path()); err != nil {
		return nil, err
	}
	r.Adapter.Files, err = adapterFiles(c.Context, adapter)
	return r, err
}

// mergeable refuses a GGUF file that there is no configuration for.
func mergeable(ck *checkpoint.Checkpoint, config string) error {
	switch gguf := ck.Format() == checkpoint.GGUF; {
	case gguf && config == "":
		return hint.With(fmt.Errorf("%s: is a GGUF file, but merge writes HuggingFace folders", ck.Path()),
			"--config DIR converts it, with config.json and the tokenizer files of the model's HuggingFace version in DIR")
	case !gguf && config != "":
		return hint.With(fmt.Errorf("%s: is a HuggingFace folder with a config.json of its own", ck.Path()), "leave out --config, which is for GGUF models")
	}
	return nil
}

// notItself refuses to write over what is read.
func notItself(out string, read ...string) error {
	to, err := os.Stat(out)
	if err != nil {
		return nil // begin will say it
	}
	for _, path := range read {
		if from, err := os.Stat(path); path != "" && err == nil && os.SameFile(from, to) {
			return hint.With(fmt.Errorf("the output %s is the model itself", out), "choose another name: the model is left as it is")
		}
	}
	return nil
}

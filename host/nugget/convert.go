package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/transfer"
)

func (a *app) convertCommand() *cli.Command {
	return &cli.Command{
		Name:      "convert",
		Usage:     "turn a trained init adapter into a plain one on the unmodified model",
		UsageText: "nugget convert --init DIR --out DIR [--json] TRAINED",
		Description: `For a transfer with --start paper: TRAINED is the adapter that training made of init/ on the
model with negative/ merged into it; the result has the rank of both together, and does to the
unmodified model what TRAINED does to the merged one. The transfer's transfer.json goes along.`,
		Flags: flags(
			&cli.StringFlag{Name: "init", Usage: "the transfer's init/ `DIR`, as it was written"},
			&cli.StringFlag{Name: "out", Usage: "the `DIR` of the plain adapter"},
			forceFlag(), jsonFlag(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.convert),
	}
}

// convertResult is what --json prints.
type convertResult struct {
	Out     string `json:"out"`
	Rank    int    `json:"rank"`
	Modules int    `json:"modules"`
}

func (a *app) convert(c *cli.Context) error {
	if err := required(c, "init", "out"); err != nil {
		return err
	}
	args, err := arguments(c, "TRAINED")
	if err != nil {
		return err
	}
	if err := isInit(c.String("init")); err != nil {
		return err
	}
	init, err := peft.Read(c.String("init"))
	if err != nil {
		return err
	}
	trained, err := peft.ReadLike(args[0], init)
	if err != nil {
		return err
	}
	plain, err := peft.Convert(trained, init)
	if err != nil {
		return err
	}
	out, err := a.staged.newFolder(c.String("out"), c.Bool("force"))
	if err != nil {
		return err
	}
	defer out.abandon()
	if err := peft.Write(out.new(), plain); err != nil {
		return err
	}
	if err := copyReport(c.String("init"), out.new()); err != nil {
		return err
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	if c.Bool("json") {
		return a.stdout.json(convertResult{out.path, plain.Rank, len(plain.Modules)})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s of rank %d\n", out.path, plural(len(plain.Modules), "module"), plain.Rank)
	return err
}

// isInit refuses the folders beside the one that --init is to name.
func isInit(dir string) error {
	if sub := filepath.Join(dir, formInit); exists(filepath.Join(sub, peft.ConfigFile)) {
		return hint.With(fmt.Errorf("%s is the whole transfer", dir), "--init takes its folder init: "+sub)
	}
	o, err := originOf(dir)
	if err == nil && o.form == formNegative {
		err = hint.With(fmt.Errorf("%s is the transfer's negative", dir), "--init takes init: "+filepath.Join(filepath.Dir(o.dir), formInit))
	}
	return err
}

// copyReport puts the transfer's transfer.json, if there is one, beside an adapter: it
// names the model that the adapter is for.
func copyReport(adapter, to string) error {
	path, err := transfer.FindReport(adapter)
	if path == "" {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, transfer.ReportFile), raw, 0o666)
}

package main

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
)

func (a *app) convertCommand() *cli.Command {
	return &cli.Command{
		Name:      "convert",
		Usage:     "turn a trained init adapter into a plain one on the unmodified model",
		UsageText: "nugget convert --init DIR --out DIR TRAINED",
		Description: `For a transfer with --start paper: TRAINED is the adapter that training made of init/ on the
model with negative/ merged into it; the result has the rank of both together, and does to the
unmodified model what TRAINED does to the merged one.`,
		Flags: flags(
			&cli.StringFlag{Name: "init", Usage: "the transfer's init/ `DIR`, as it was written"},
			&cli.StringFlag{Name: "out", Usage: "the `DIR` of the plain adapter"},
			forceFlag(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.convert),
	}
}

func (a *app) convert(c *cli.Context) error {
	if err := required(c, "init", "out"); err != nil {
		return err
	}
	args, err := arguments(c, "TRAINED")
	if err != nil {
		return err
	}
	if exists(filepath.Join(c.String("init"), "init", peft.ConfigFile)) {
		return hint.With(fmt.Errorf("%s is the whole transfer", c.String("init")), "--init takes its folder init: "+filepath.Join(c.String("init"), "init"))
	}
	init, err := peft.Read(c.String("init"))
	if err != nil {
		return err
	}
	trained, err := peft.Read(args[0])
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
	if err := c.Context.Err(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s of rank %d\n", out.path, plural(len(plain.Modules), "module"), plain.Rank)
	return err
}

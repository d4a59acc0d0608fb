package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/plugin/skeleton"
)

func (a *app) pluginsNewCommand() *cli.Command {
	return &cli.Command{
		Name:      "new",
		Usage:     "write the source of a new plugin",
		UsageText: "nugget plugins new [--dir DIR] [--replace FOLDER] NAME",
		Description: `NAME is the family's, as its model_type in config.json. The plugin is a Go module of its own
that describes a model of the most common shape, with comments on what to change.`,
		Flags: flags(
			&cli.StringFlag{Name: "dir", Usage: "the folder to write, which must not exist: `DIR`", DefaultText: "nugget-arch-NAME"},
			&cli.StringFlag{Name: "replace", Usage: "take nugget from its source in `FOLDER`, not from the version that is published"},
			outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.pluginsNew),
	}
}

func (a *app) pluginsNew(c *cli.Context) error {
	args, err := arguments(c, "NAME")
	if err != nil {
		return err
	}
	p := skeleton.Plugin{
		Name: args[0], Nugget: skeleton.Published(newVersions().Nugget), Source: c.String("replace"),
		Go: strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go"),
	}
	if err := p.Check(); err != nil {
		return err
	}
	dir := c.String("dir")
	if dir == "" {
		dir = p.Program()
	}
	if exists(dir) {
		return hint.With(fmt.Errorf("the folder %s exists", dir), "choose another one with --dir")
	}
	out, err := a.staged.newFolder(dir, false)
	if err != nil {
		return err
	}
	defer out.abandon()
	if err := p.Write(out.new()); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, printable(dir))
	a.ui.message("written; its README.md says what comes next")
	if p.Source == "" && p.Nugget == "" {
		a.ui.warning("this nugget is no published version, and go.mod cannot require it: name a folder with nugget's source with --replace, or see the README.md")
	}
	return nil
}

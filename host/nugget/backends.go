package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/engine"
)

func (a *app) backendsCommand() *cli.Command {
	return &cli.Command{
		Name:            "backends",
		Usage:           "show the numeric backends, or install one",
		UsageText:       "nugget backends [--json]\nnugget backends install cpu|cuda",
		Description:     "The go backend is always there. XLA, which is faster, needs a PJRT library: install\ndownloads one, and is the only command of nugget that uses the network.",
		Flags:           flags(jsonFlag(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.backends),
		Subcommands: []*cli.Command{{
			Name:            "install",
			Usage:           "download XLA's library: cpu (60 MB) or cuda (some GB)",
			UsageText:       "nugget backends install cpu|cuda",
			Flags:           flags(outputFlags()),
			HideHelpCommand: true,
			OnUsageError:    onUsageError,
			Action:          a.does(a.backendsInstall),
		}},
	}
}

// backendRow is one backend, as --json prints it.
type backendRow struct {
	Name   string `json:"name"`
	Path   string `json:"path,omitempty"`
	Where  string `json:"where,omitempty"`
	Usable bool   `json:"usable"`
	Best   bool   `json:"best"`
	Note   string `json:"note,omitempty"`
}

func (a *app) backends(c *cli.Context) error {
	if c.Args().Present() {
		return unknownCommand(c)
	}
	found := engine.Backends()
	list := make([]backendRow, len(found))
	rows := [][]string{{"", "backend", "usable", "found in", "note"}}
	for i, b := range found {
		list[i] = backendRow{b.Name, b.Path, b.Where, b.Usable, b.Best, b.Note}
		mark, usable := "", "no"
		if b.Best {
			mark = "*"
		}
		if b.Usable {
			usable = "yes"
		}
		rows = append(rows, []string{mark, b.Name, usable, b.Where, oneLine(b.Note)})
	}
	if c.Bool("json") {
		return a.stdout.json(struct {
			Backends []backendRow `json:"backends"`
		}{list})
	}
	if err := a.stdout.columns(rows); err != nil {
		return err
	}
	a.ui.message("* is taken where --backend and $GOMLX_BACKEND say nothing")
	return nil
}

func (a *app) backendsInstall(c *cli.Context) error {
	args, err := arguments(c, "cpu|cuda")
	if err != nil {
		return err
	}
	if args[0] != "cpu" && args[0] != "cuda" {
		return misused(c, "%q cannot be installed, expected cpu or cuda", args[0])
	}
	folder, err := engine.InstallBackend(c.Context, args[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, folder)
	return err
}

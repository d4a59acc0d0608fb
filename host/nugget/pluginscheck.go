package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/plugins/arch/archcheck"
)

func (a *app) pluginsCheckCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "say what is wrong with a plugin",
		UsageText: "nugget plugins check [--json] PROGRAM [MODEL...]\nnugget plugins check [--json] --debug-plugin ADDRESS [MODEL...]",
		Description: `Without a MODEL the plugin is asked who it is, and about configurations that it might meet.
With some it is asked about these: what it makes of their tensors, of each key when it is
missing or wrong, and whether PEFT can name the modules. A line each: ok, note or wrong;
the command fails if one is wrong.`,
		Flags:           flags(jsonFlag(), debugPluginFlag(), outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.pluginsCheck),
	}
}

func (a *app) pluginsCheck(c *cli.Context) error {
	name, opts, models, err := underCheck(c)
	if err != nil {
		return err
	}
	var checkpoints []*checkpoint.Checkpoint
	for _, path := range models {
		ck, err := checkpoint.Open(path)
		if err != nil {
			return err
		}
		defer ck.Close()
		checkpoints = append(checkpoints, ck)
	}
	if a.ui.verbose {
		opts.Log = pluginLog{a.ui}
	}
	plugins := plugin.New(opts)
	defer plugins.Close()
	results, err := plugins.Check(c.Context, checkpoints...)
	if err != nil {
		return err
	}
	wrong := 0
	for _, r := range results {
		for _, p := range r.Problems {
			if !p.Note {
				wrong++
			}
		}
	}
	if c.Bool("json") {
		err = a.stdout.json(struct {
			Plugin  string             `json:"plugin"`
			Sound   bool               `json:"sound"`
			Results []archcheck.Result `json:"results"`
		}{name, wrong == 0, results})
	} else {
		err = a.printChecks(results)
	}
	if err == nil && wrong > 0 {
		err = hint.With(fmt.Errorf("%s: %s wrong", name, plural(wrong, "thing")), "the lines that begin with wrong have what was found and what was expected; plugins/README.md has the contract")
	}
	return err
}

// underCheck reads the arguments: which plugin, and about which models.
func underCheck(c *cli.Context) (name string, opts plugin.Options, models []string, err error) {
	given := c.Args().Slice()
	opts.Debug = c.StringSlice("debug-plugin")
	for _, arg := range given {
		switch {
		case arg == "":
			return "", opts, nil, misused(c, "an argument is empty")
		case strings.HasPrefix(arg, "-") && !slices.Contains(given, "--"):
			return "", opts, nil, &usageError{fmt.Sprintf("the flag %s comes after the arguments", arg), "flags go before arguments: " + c.Command.HelpName + " [flags] PROGRAM [MODEL...]"}
		}
	}
	switch {
	case len(opts.Debug) > 1:
		return "", opts, nil, misused(c, "one plugin is checked at a time")
	case len(opts.Debug) == 1:
		return opts.Debug[0], opts, given, nil
	case len(given) == 0:
		return "", opts, nil, misused(c, "PROGRAM is missing")
	}
	opts.Binaries = given[:1]
	return given[0], opts, given[1:], nil
}

// printChecks prints a line for each thing that is wrong or worth a look, and for each
// check that found none.
func (a *app) printChecks(results []archcheck.Result) error {
	for _, r := range results {
		about := r.Check
		if r.About != "" {
			about = r.About + ": " + r.Check
		}
		for _, p := range r.Problems {
			verdict := "wrong"
			if p.Note {
				verdict = "note"
			}
			fmt.Fprintf(a.stdout, "%-6s %s\n", verdict, oneLine(about+": "+p.String()))
		}
		if r.Sound() {
			fmt.Fprintf(a.stdout, "%-6s %s\n", "ok", oneLine(about+": "+r.Detail))
		}
	}
	return nil
}

package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// The scripts ask nugget itself what may come next: see complete.
//
//go:embed completion
var completionScripts embed.FS

var shells = []string{"bash", "zsh", "fish"}

func (a *app) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "write the script with which a shell completes nugget's command line",
		UsageText: "nugget completion " + strings.Join(shells, "|"),
		Description: `Commands, flags and the values of flags are completed, and files where they are wanted. The script asks
nugget itself, so it need not be renewed with it.`,
		Flags:           flags(outputFlags()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.completion),
	}
}

func (a *app) completion(c *cli.Context) error {
	args, err := arguments(c, "SHELL")
	if err != nil {
		return err
	}
	script, err := completionScripts.ReadFile("completion/nugget." + args[0])
	if err != nil {
		text := fmt.Sprintf("there is no completion for %q, expected one of %s", args[0], strings.Join(shells, ", "))
		if near := hint.Nearest(args[0], shells); near != "" {
			return &usageError{text, "did you mean " + near + "?"}
		}
		return misused(c, "%s", text)
	}
	_, err = a.stdout.Write(script)
	return err
}

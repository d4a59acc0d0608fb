package main

import (
	"slices"

	"github.com/urfave/cli/v2"
)

const appHelp = `nugget - {{.Usage}}

USAGE:
   {{.UsageText}}

COMMANDS:{{template "visibleCommandCategoryTemplate" .}}

Flags go before arguments. "nugget help COMMAND" has a command's flags.
`

func helpCommand() *cli.Command {
	return &cli.Command{
		Name:            "help",
		Usage:           "show the commands, or a command's flags",
		UsageText:       "nugget help [COMMAND]",
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action: func(c *cli.Context) error {
			return c.App.RunContext(c.Context, slices.Concat([]string{"nugget"}, c.Args().Slice(), []string{"--help"}))
		},
	}
}

package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/plugin"
)

func (a *app) pluginsCommand() *cli.Command {
	return &cli.Command{
		Name:            "plugins",
		Usage:           "show, check or begin architecture plugins",
		UsageText:       "nugget plugins list | check | new",
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          unknownCommand,
		Subcommands: []*cli.Command{{
			Name:            "list",
			Usage:           "list the plugins found, and what each describes",
			UsageText:       "nugget plugins list [--json]",
			Flags:           flags(jsonFlag(), pluginFlags(), outputFlags()),
			HideHelpCommand: true,
			OnUsageError:    onUsageError,
			Action:          a.does(a.pluginsList),
		}, a.pluginsCheckCommand(), a.pluginsNewCommand()},
	}
}

// pluginRow is one plugin, as --json prints it. Of one that does not answer there
// are path and error.
type pluginRow struct {
	Name              string   `json:"name,omitempty"`
	Version           string   `json:"version,omitempty"`
	Protocol          int      `json:"protocol,omitempty"`
	Contract          string   `json:"contract,omitempty"` // PROTOCOL.MINOR
	ModelTypes        []string `json:"model_types,omitempty"`
	GGUFArchitectures []string `json:"gguf_architectures,omitempty"`
	Path              string   `json:"path"` // or the address of one that runs already
	SHA256            string   `json:"sha256,omitempty"`
	Error             string   `json:"error,omitempty"`
}

func (a *app) pluginsList(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	found, err := plugins.List(c.Context)
	if err != nil {
		return err
	}
	rows := make([]pluginRow, len(found))
	for i, p := range found {
		rows[i] = newPluginRow(p)
	}
	if c.Bool("json") {
		return a.stdout.json(struct {
			Plugins  []pluginRow `json:"plugins"`
			LookedIn []string    `json:"looked_in"`
		}{rows, plugin.SearchPath()})
	}
	return a.printPlugins(rows)
}

func newPluginRow(p plugin.Listing) pluginRow {
	row := pluginRow{
		Name: p.Name, Version: p.Version, Protocol: p.Protocol, ModelTypes: p.ModelTypes, GGUFArchitectures: p.GGUFArchitectures,
		Path: p.Path, SHA256: p.Hash,
	}
	if p.Err != nil {
		row.Error = p.Err.Error()
	} else {
		row.Contract = fmt.Sprintf("%d.%d", p.Protocol, p.ContractMinor)
	}
	return row
}

func (a *app) printPlugins(found []pluginRow) error {
	rows := [][]string{{"plugin", "version", "protocol", "model types", "GGUF", "sha256", "program"}}
	for _, p := range found {
		if p.Error != "" {
			a.ui.warning(p.Path + ": " + p.Error)
			continue
		}
		rows = append(rows, []string{
			p.Name, p.Version, p.Contract, strings.Join(p.ModelTypes, ", "),
			strings.Join(p.GGUFArchitectures, ", "), p.SHA256[:min(12, len(p.SHA256))], p.Path,
		})
	}
	if len(rows) == 1 {
		a.ui.message("no plugins found; looked in: " + strings.Join(plugin.SearchPath(), ", "))
		return nil
	}
	return a.stdout.columns(rows)
}

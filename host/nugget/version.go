package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

func (a *app) versionCommand() *cli.Command {
	return &cli.Command{
		Name:            "version",
		Usage:           "show the version of nugget and of what it is built with",
		UsageText:       "nugget version [--json]",
		Flags:           flags(jsonFlag()),
		HideHelpCommand: true,
		OnUsageError:    onUsageError,
		Action:          a.does(a.version),
	}
}

// versions is what a program is made of, as --json prints it.
type versions struct {
	Nugget         string            `json:"nugget"`
	Revision       string            `json:"revision,omitempty"`
	PluginProtocol int               `json:"plugin_protocol"`
	PluginContract string            `json:"plugin_contract"` // PROTOCOL.MINOR
	Go             string            `json:"go"`
	Platform       string            `json:"platform"`
	Experiment     string            `json:"goexperiment,omitempty"`
	Modules        map[string]string `json:"modules"`
}

func newVersions() versions {
	v := versions{
		Nugget: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		PluginProtocol: int(arch.Handshake().ProtocolVersion), PluginContract: arch.ContractVersion(arch.ContractMinor), Modules: map[string]string{},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Nugget = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "GOEXPERIMENT":
			v.Experiment = s.Value
		}
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		v.Modules[m.Path] = m.Version
	}
	return v
}

func (a *app) version(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	v := newVersions()
	if c.Bool("json") {
		return a.stdout.json(v)
	}
	rows := [][]string{
		{"nugget", v.Nugget},
		{"plugin protocol", v.PluginContract},
		{"go", strings.TrimSpace(v.Go + " " + v.Platform + " " + v.Experiment)},
	}
	for _, path := range []string{"github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla", "github.com/hashicorp/go-plugin"} {
		if v.Modules[path] != "" {
			rows = append(rows, []string{path[strings.LastIndex(path, "/")+1:], v.Modules[path]})
		}
	}
	return a.stdout.columns(rows)
}

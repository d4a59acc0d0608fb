package main

import (
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/host/plugin"
)

// The flags that several commands share.

func boolFlag(name, usage string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, DisableDefaultText: true}
}

// choiceFlag is a flag with a few values, one of which is the usual.
func choiceFlag(name, value, usage string, values ...string) cli.Flag {
	return &choices{&cli.StringFlag{Name: name, Value: value, Usage: usage}, values}
}

// choices is a flag that knows its values.
type choices struct {
	*cli.StringFlag
	values []string
}

func outputFlags() []cli.Flag {
	return []cli.Flag{
		boolFlag("quiet", "say nothing but results, warnings and errors"),
		boolFlag("verbose", "say more: the backend in use, where the time went, what plugins print"),
	}
}

func jsonFlag() cli.Flag {
	return boolFlag("json", "print the result as JSON")
}

func modelFlag() cli.Flag {
	return &cli.StringFlag{Name: "model", Usage: "the `MODEL`: a HuggingFace folder, a .gguf file, or a hub id in the local cache"}
}

func pluginFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "plugin", Usage: "an architecture plugin's `PROGRAM`, before all that is found; may be repeated"},
		debugPluginFlag(),
	}
}

func debugPluginFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "debug-plugin", Usage: "the `ADDRESS` of a plugin that runs already, started with NUGGET_PLUGIN_DEBUG=1; may be repeated"}
}

func forceFlag() cli.Flag {
	return boolFlag("force", "replace an existing output")
}

// flags puts a command's own flags before those that it shares.
func flags(groups ...any) []cli.Flag {
	var list []cli.Flag
	for _, g := range groups {
		switch g := g.(type) {
		case cli.Flag:
			list = append(list, g)
		case []cli.Flag:
			list = append(list, g...)
		}
	}
	return list
}

// does wraps what a command does: the flags that every command has come first.
func (a *app) does(action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		a.ui.quiet, a.ui.verbose = c.Bool("quiet"), c.Bool("verbose")
		if a.ui.quiet && a.ui.verbose {
			return misused(c, "--quiet and --verbose exclude each other")
		}
		return action(c)
	}
}

// plugins are those that --plugin names and those found. It is to be closed.
func (a *app) plugins(c *cli.Context) *plugin.Set {
	opts := plugin.Options{Binaries: c.StringSlice("plugin"), Debug: c.StringSlice("debug-plugin"), Dirs: plugin.SearchPath()}
	if dir, err := os.UserCacheDir(); err == nil {
		opts.Cache = filepath.Join(dir, "nugget", "plugins")
	}
	if a.ui.verbose {
		opts.Log = pluginLog{a.ui}
	}
	return plugin.New(opts)
}

// pluginLog takes what plugins print, a line at a time.
type pluginLog struct{ ui *terminal }

func (l pluginLog) Write(line []byte) (int, error) {
	l.ui.detail("plugin " + string(line))
	return len(line), nil
}

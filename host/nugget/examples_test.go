package main

import (
	"io"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/urfave/cli/v2"
)

// examples runs what --help shows of every command, but for what needs a network or a
// pager.
func runExamples(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 0, "examples")
	for _, e := range examples {
		ts.Logf("> %s", e.run)
		run, _, _ := strings.Cut(e.run, " | ")
		switch e.of {
		case "backends install":
			continue
		case "plugins check": // what plugins new has written is not built
			run = strings.ReplaceAll(run, "nugget-arch-mine", "nugget-arch-llama")
		}
		ts.Check(ts.Exec("sh", "-c", run))
	}
}

// leaves are the commands that do something, by their names without nugget.
func leaves(commands []*cli.Command, parents string) map[string]*cli.Command {
	all := make(map[string]*cli.Command)
	for _, c := range commands {
		name := strings.TrimSpace(parents + " " + c.Name)
		if c.Hidden {
			continue
		}
		if c.Name != "plugins" { // it only has others
			all[name] = c
		}
		for n, sub := range leaves(c.Subcommands, name) {
			all[n] = sub
		}
	}
	return all
}

func TestEveryCommandHasExamples(t *testing.T) {
	commands := leaves(commandLine().Commands, "")
	if len(commands) < 15 {
		t.Fatalf("%d commands", len(commands))
	}
	for name, c := range commands {
		list := examplesOf(name)
		if len(list) == 0 {
			t.Errorf("%s has no example", name)
		}
		for _, e := range list {
			if !strings.HasPrefix(e.run, "nugget "+name) {
				t.Errorf("%s: the example %q", name, e.run)
			}
		}
		if !strings.HasPrefix(c.UsageText, "nugget "+name) {
			t.Errorf("%s: the usage text %q", name, c.UsageText)
		}
	}
	for _, e := range examples {
		if commands[e.of] == nil {
			t.Errorf("an example of %q, which is no command", e.of)
		}
	}
}

// The values that a flag's usage speaks of are those that it has.
func TestChoicesAreSpokenOf(t *testing.T) {
	found := 0
	for name, c := range leaves(commandLine().Commands, "") {
		for _, f := range c.Flags {
			choice, ok := f.(*choices)
			if !ok {
				continue
			}
			found++
			for _, v := range choice.values {
				if !strings.Contains(choice.Usage, v) {
					t.Errorf("nugget %s --%s: %q does not name %s", name, choice.Name, choice.Usage, v)
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("%d flags with choices", found)
	}
}

// commandLine is the description of the command line.
func commandLine() *cli.App {
	return (&app{stdout: newResults(io.Discard), ui: newTerminal(io.Discard)}).cli()
}

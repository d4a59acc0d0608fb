package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// setupPlugins gives the scripts about plugins $WRONGPLUGIN, the repository's $ROOT,
// and a Go that builds without a network from the modules that this test was built of.
func setupPlugins(env *testscript.Env) error {
	wrong, err := exec.LookPath("wrongplugin")
	if err != nil {
		return err
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	env.Setenv("WRONGPLUGIN", wrong)
	env.Setenv("ROOT", root)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(out)))
	}
	env.Setenv("GOENV", "off")
	env.Setenv("GOPROXY", "off")
	env.Setenv("GOSUMDB", "off")
	env.Setenv("GOTOOLCHAIN", "local")
	return nil
}

// capture FILE PATTERN NAME waits until a file matches, and sets NAME to the match's
// first group.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 3, "capture FILE PATTERN NAME")
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	eventually(ts, func() string {
		raw, _ := os.ReadFile(ts.MkAbs(args[0]))
		m := pattern.FindSubmatch(raw)
		if m == nil {
			return fmt.Sprintf("%s has %q", args[0], raw)
		}
		ts.Setenv(args[2], string(m[1]))
		return ""
	})
}

// walk PAGE types what a page shows in its sh blocks, in its order: nugget's commands,
// go's, and cd. What the page calls path/to is the script's folder of that name.
func walk(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 1, "walk PAGE")
	page, err := os.ReadFile(args[0])
	ts.Check(err)
	home := ts.MkAbs(".")
	typed := 0
	for _, block := range strings.Split(string(page), "```sh\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		for line := range strings.Lines(code) {
			line, _, _ = strings.Cut(line, "#")
			words := strings.Fields(strings.ReplaceAll(line, "path/to/", filepath.Join(home, "path", "to")+"/"))
			if len(words) == 0 {
				continue
			}
			ts.Logf("> %s", strings.Join(words, " "))
			typed++
			switch words[0] {
			case "cd":
				ts.Check(ts.Chdir(ts.MkAbs(words[1])))
			case "nugget", "go":
				ts.Check(ts.Exec(words[0], words[1:]...))
			default:
				ts.Fatalf("%s shows a command that is not tested: %s", args[0], line)
			}
		}
	}
	if typed == 0 {
		ts.Fatalf("%s shows no command", args[0])
	}
	ts.Check(ts.Chdir(home))
}

// wrongPlugin makes the mistakes that a plugin's author makes on the first day.
func wrongPlugin() {
	calls := 0
	sdk.Serve(sdk.Plugin{
		Name: "Wrong", Version: "1", ModelTypes: []string{"wrong"},
		Describe: func(req *archpb.DescribeRequest) (*archpb.Model, error) {
			calls++
			c := sdk.NewConfig(req)
			width, vocab := c.Size("hidden_size", 4), c.Size("vocab_size", 7)
			if c.Err() != nil {
				return nil, errors.New("bad config")
			}
			return &archpb.Model{
				Family:       "wrong",
				MaxPositions: uint32(calls),
				Prologue:     sdk.Program(sdk.Embed("embed", archpb.Role_ROLE_EMBED, vocab, width).From("tokens").As("h")),
				Blocks: []*archpb.Block{sdk.Block("layer",
					sdk.RMSNorm("layers.{layer}.norm.up", width, 1e-6).From("h"),
					sdk.Linear("layers.{layer}.up", archpb.Role_ROLE_UP, width, width).As("u"),
					sdk.Add("h", "u").As("h"))},
				Layers:   sdk.Repeat(2),
				Epilogue: sdk.Program(sdk.Linear("head", archpb.Role_ROLE_UNEMBED, width, vocab).From("h").As("logits")),
			}, nil
		},
	})
}

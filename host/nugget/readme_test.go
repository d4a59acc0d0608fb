package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// What README.md shows of real models runs in testdata/conformance; here its commands and
// flags must exist.
func TestReadmeOfRealModels(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, block := range strings.Split(string(page), "```sh conformance\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		for line := range strings.Lines(strings.ReplaceAll(code, "\\\n", " ")) {
			words := strings.Fields(line)
			if len(words) == 0 {
				continue
			}
			if words[0] != "nugget" {
				t.Errorf("a command of another program: %s", line)
			}
			shown++
			for i, word := range words {
				name, isFlag := strings.CutPrefix(word, "--")
				if at := reached(commandLine(), words[1:max(i, 1)]); isFlag && named(at.flags, name) == nil {
					t.Errorf("%s: there is no --%s", strings.TrimSpace(line), name)
				}
			}
		}
	}
	if shown < 5 {
		t.Errorf("%d commands", shown)
	}
}

// readme runs what README.md shows in its sh blocks, in the order of the page: the
// commands of nugget, in the script's folder. For make's it looks whether the
// targets are there, and for its links whether what they name is.
func readme(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, args, 1, "readme FOLDER")
	makefile, err := os.ReadFile(filepath.Join(args[0], "Makefile"))
	ts.Check(err)
	page, err := os.ReadFile(filepath.Join(args[0], "README.md"))
	ts.Check(err)
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(page), -1) {
		if _, err := os.Stat(filepath.Join(args[0], link[1])); err != nil {
			ts.Fatalf("README.md leads to %s, which is not there", link[1])
		}
	}
	if !regexp.MustCompile(`!\[[^\]]+\]\(host/report/report\.png\)`).Match(page) {
		ts.Fatalf("README.md shows no picture of a report")
	}
	ran := 0
	for i, block := range strings.Split(string(page), "```sh\n") {
		if i == 0 {
			continue
		}
		code, _, _ := strings.Cut(block, "```")
		for line := range strings.Lines(strings.ReplaceAll(code, "\\\n", " ")) {
			line, _, _ = strings.Cut(line, "#")
			switch words := strings.Fields(line); {
			case len(words) == 0:
			case words[0] == "nugget":
				ts.Logf("> %s", strings.Join(words, " "))
				ts.Check(ts.Exec(words[0], words[1:]...))
				ran++
			case words[0] == "make":
				if !strings.Contains(string(makefile), "\n"+words[1]+":") {
					ts.Fatalf("the Makefile has no target %s", words[1])
				}
			case strings.HasSuffix(strings.Join(words, " "), "go install ./host/nugget ./plugins/..."):
			default:
				ts.Fatalf("README.md shows a command that is not tested: %s", line)
			}
		}
	}
	if ran == 0 {
		ts.Fatalf("README.md shows no command of nugget")
	}
}

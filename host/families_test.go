// Package host has no code: its test holds the program to its promise that it knows no
// family.
package host

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
)

// The Go files of the host, tests aside, have none of the names that the plugins claim:
// their own, model types, architectures of GGUF files. In comments neither: what has to
// be explained by a family's name has not been made general.
func TestHostNamesNoFamily(t *testing.T) {
	plugins := plugin.New(plugin.Options{Dirs: []string{plugintest.Build(t)}})
	defer plugins.Close()
	found, err := plugins.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range found {
		if p.Err != nil {
			t.Fatal(p.Err)
		}
		names = slices.Concat(names, []string{p.Name}, p.ModelTypes, p.GGUFArchitectures)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 10 {
		t.Fatalf("the plugins claim only %q", names)
	}
	for i, name := range names {
		names[i] = regexp.QuoteMeta(name)
	}
	// "qwen3.go" and "isQwen3" as well: '_' and capitals end a word too.
	family := regexp.MustCompile(`(?i)(^|[^a-z0-9])(` + strings.Join(names, "|") + `)([^a-z0-9]|$)`)
	camel := regexp.MustCompile(`[a-z0-9](` + strings.Join(capitals(names), "|") + `)([^a-z0-9]|$)`)
	files := 0
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if family.MatchString(line) || camel.MatchString(line) {
				t.Errorf("%s:%d names a family: %s", path, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files, %v", files, err)
	}
	for line, want := range map[string]bool{
		"if family == " + `"` + names[0] + `" {`: true, "// as " + strings.ToUpper(names[0]) + ".cpp has it": true,
		"x" + names[0] + "x": false, "is" + capitals(names)[0] + "(m)": true,
	} {
		if got := family.MatchString(line) || camel.MatchString(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

// capitals are names as they begin within an identifier.
func capitals(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, strings.ToUpper(name[:1])+name[1:])
	}
	return all
}

package skeleton

import (
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// write writes a plugin and returns its files.
func write(t *testing.T, p Plugin) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// (That it builds, passes its tests and can be used is a script of host/nugget's.)
func TestWriteFillsEveryFile(t *testing.T) {
	files := write(t, Plugin{Name: "my-family_2", Nugget: "v1.4.0", Go: "1.26.5"})
	var names []string
	for name, text := range files {
		names = append(names, name)
		for _, left := range []string{"%{", "}%", "<no value>"} {
			if strings.Contains(text, left) {
				t.Errorf("%s has %s", name, left)
			}
		}
		if strings.HasSuffix(name, ".go") {
			if nice, err := format.Source([]byte(text)); err != nil || string(nice) != text {
				t.Errorf("%s is not gofmt-ed: %v", name, err)
			}
		}
	}
	slices.Sort(names)
	want := []string{".gitignore", "README.md", "describe.go", "describe_test.go", "go.mod", "main.go", "testdata/checkpoints.json"}
	if !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
	if mod := files["go.mod"]; mod != "module nugget-arch-my-family_2\n\ngo 1.26.5\n\nrequire github.com/neuralnuggets/nugget v1.4.0\n" {
		t.Errorf("go.mod is\n%s", mod)
	}
	if !strings.Contains(files["README.md"], "First `go mod tidy`") || strings.Contains(files["README.md"], "replace") {
		t.Errorf("README.md is\n%s", files["README.md"])
	}
	for name, want := range map[string]string{
		"main.go": `ModelTypes: []string{"my-family_2"}`, "describe.go": `Family:       "my-family_2"`,
		"testdata/checkpoints.json": `"model_type": "my-family_2"`, ".gitignore": "/nugget-arch-my-family_2\n",
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s has no %s", name, want)
		}
	}
}

// With nugget's source a plugin has all that it needs to build without a network.
func TestSourceStandsInForAPublishedVersion(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	files := write(t, Plugin{Name: "mine", Source: "../../..", Go: "1.0"})
	mod, err := modfile.Parse("go.mod", []byte(files["go.mod"]), nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := modfile.Parse("go.mod", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(mod.Replace) != 1 || mod.Replace[0].Old.Path != modulePath || mod.Replace[0].New.Path != filepath.ToSlash(root) {
		t.Errorf("replaces %v", mod.Replace)
	}
	if mod.Go.Version != source.Go.Version || len(mod.Require) != 1+len(source.Require) || mod.Require[0].Mod.Version != unpublished {
		t.Errorf("go.mod is\n%s", files["go.mod"])
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil || files["go.sum"] != string(sums) {
		t.Errorf("go.sum is not the source's: %v", err)
	}
	if !strings.Contains(files["README.md"], "-dropreplace") {
		t.Errorf("README.md is\n%s", files["README.md"])
	}
}

func TestUnpublishedNuggetSaysSo(t *testing.T) {
	files := write(t, Plugin{Name: "mine", Go: "1.26"})
	if !strings.Contains(files["go.mod"], "nugget v0.0.0\n") || !strings.Contains(files["README.md"], "go mod edit -replace github.com/neuralnuggets/nugget=") {
		t.Errorf("%v", files)
	}
	for version, want := range map[string]string{
		"v1.2.3": "v1.2.3", "v0.4.0-rc.1": "v0.4.0-rc.1", "v0.0.0-20261125063000-0123456789ab": "v0.0.0-20261125063000-0123456789ab",
		"(devel)": "", "": "", "unknown": "", "v0.0.0-20261125063000-0123456789ab+dirty": "", "v1.2": "",
	} {
		if got := Published(version); got != want {
			t.Errorf("%q: %q, want %q", version, got, want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	other, none, lame := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module example.com/other\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lame, "go.mod"), []byte("go 1.26\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		plugin     Plugin
		want, hint string
	}{
		{Plugin{Name: "Mine"}, `a plugin cannot be called "Mine", expected lower-case letters, digits, '-' and '_'`, "a plugin is called after the family that it describes"},
		{Plugin{Name: "../mine"}, `a plugin cannot be called "../mine"`, ""},
		{Plugin{Name: ""}, `a plugin cannot be called ""`, ""},
		{Plugin{Name: "nugget-arch-mine"}, `a plugin called "nugget-arch-mine" would be the program nugget-arch-nugget-arch-mine`, "call it mine"},
		{Plugin{Name: "mine", Source: none}, none + ": no go.mod there, expected nugget's source", "--replace takes the folder of a clone of github.com/neuralnuggets/nugget"},
		{Plugin{Name: "mine", Source: other}, "found module example.com/other, expected github.com/neuralnuggets/nugget", ""},
		{Plugin{Name: "mine", Source: lame}, "found no module, expected github.com/neuralnuggets/nugget", ""},
	} {
		err := c.plugin.Check()
		if err == nil || !strings.Contains(err.Error(), c.want) || c.hint != "" && hint.Of(err) != c.hint {
			t.Errorf("%+v: %v (%s), want %s", c.plugin, err, hint.Of(err), c.want)
		}
		if err := c.plugin.Write(t.TempDir()); err == nil {
			t.Errorf("%+v was written", c.plugin)
		}
	}
}

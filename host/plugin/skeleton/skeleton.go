// Package skeleton writes the source of a new plugin: a Go module of its own, outside
// this repository, that builds and passes its tests as it is. It describes a model of
// the most common shape, and its comments say what to change.
//
// The text is in template/, where %{ and }% mark what is filled in.
package skeleton

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch/archcheck"
)

// Plugin is what is written.
type Plugin struct {
	Name string // of the plugin, and the model type that it describes until told otherwise
	// Nugget is the version of nugget's module that the plugin needs; "": none is
	// published.
	Nugget string
	// Source is a folder with nugget's source that stands in for a published version;
	// "": none. The plugin then builds at once, without a network.
	Source string
	// Go is the version of Go that go.mod asks for, as "1.26.5". With a Source it is
	// the source's.
	Go string
}

//go:embed template
var files embed.FS

// Program is the plugin's program, folder and module.
func (p Plugin) Program() string { return "nugget-arch-" + p.Name }

// Check reports what keeps the plugin from being written.
func (p Plugin) Check() error {
	if !archcheck.ValidName(p.Name) {
		err := fmt.Errorf("a plugin cannot be called %q, expected lower-case letters, digits, '-' and '_'", p.Name)
		return hint.With(err, "a plugin is called after the family that it describes")
	}
	if rest, ok := strings.CutPrefix(p.Name, "nugget-arch-"); ok {
		return hint.With(fmt.Errorf("a plugin called %q would be the program nugget-arch-%s", p.Name, p.Name), "call it "+rest)
	}
	if p.Source != "" {
		_, err := p.readSource()
		return err
	}
	return nil
}

// Write writes the plugin's files into a folder that exists.
func (p Plugin) Write(dir string) error {
	if err := p.Check(); err != nil {
		return err
	}
	root, err := fs.Sub(files, "template")
	if err != nil {
		return err
	}
	err = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		name := strings.TrimSuffix(path, ".tmpl")
		if name == "gitignore" { // which is not embedded with its dot
			name = "." + name
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if entry.IsDir() {
			return os.Mkdir(to, 0o777)
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		return p.fill(to, string(text))
	})
	if err != nil {
		return err
	}
	return p.writeModule(dir)
}

// fill writes one file.
func (p Plugin) fill(path, text string) error {
	t, err := template.New(filepath.Base(path)).Delims("%{", "}%").Option("missingkey=error").Parse(text)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := t.Execute(f, p); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

package skeleton

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// modulePath is nugget's module.
const modulePath = "github.com/neuralnuggets/nugget"

// unpublished is the version in go.mod of what has none.
const unpublished = "v0.0.0"

// minimumGo is the first Go that nugget builds with.
const minimumGo = "1.26.0"

// Published is the version of nugget that a plugin can require, of a build's; "": it is
// a build of somebody's working tree.
func Published(version string) string {
	if semver.Canonical(version) != version || semver.Build(version) != "" {
		return ""
	}
	return version
}

// readSource reads the go.mod of nugget's source.
func (p Plugin) readSource() (*modfile.File, error) {
	path := filepath.Join(p.Source, "go.mod")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.With(fmt.Errorf("%s: no go.mod there, expected nugget's source", p.Source), "--replace takes the folder of a clone of "+modulePath)
	}
	if err != nil {
		return nil, err
	}
	f, err := modfile.ParseLax(path, raw, nil)
	if err != nil {
		return nil, err
	}
	if f.Module == nil || f.Module.Mod.Path != modulePath {
		found := "no module"
		if f.Module != nil {
			found = "module " + f.Module.Mod.Path
		}
		return nil, hint.With(fmt.Errorf("%s: found %s, expected %s", path, found, modulePath), "--replace takes the folder of a clone of "+modulePath)
	}
	return f, nil
}

// writeModule writes go.mod, and with a source what that needs: its requirements and
// their checksums. They are more than the plugin's; `go mod tidy` drops the rest.
func (p Plugin) writeModule(dir string) error {
	f := new(modfile.File)
	if err := f.AddModuleStmt(p.Program()); err != nil {
		return err
	}
	version, goVersion := cmp.Or(p.Nugget, unpublished), p.Go
	var source *modfile.File
	if p.Source != "" {
		var err error
		if source, err = p.readSource(); err != nil {
			return err
		}
		if source.Go != nil {
			goVersion = source.Go.Version
		}
	}
	if !modfile.GoVersionRE.MatchString(goVersion) {
		goVersion = minimumGo // that of a development build is no version
	}
	if err := f.AddGoStmt(goVersion); err != nil {
		return err
	}
	f.AddNewRequire(modulePath, version, false)
	if source != nil {
		for _, r := range source.Require {
			f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
		}
		if err := p.replace(f, dir); err != nil {
			return err
		}
	}
	f.Cleanup()
	raw, err := f.Format()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.mod"), raw, 0o666)
}

// replace puts the source in the place of a published version.
func (p Plugin) replace(f *modfile.File, dir string) error {
	abs, err := filepath.Abs(p.Source)
	if err != nil {
		return err
	}
	if err := f.AddReplace(modulePath, "", filepath.ToSlash(abs), ""); err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(p.Source, "go.sum"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o666)
}

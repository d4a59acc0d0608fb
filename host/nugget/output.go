package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// output is a file or folder in the making. It grows in a folder beside its place,
// and gets its name when it is whole and on the disk. The folder holds
//
//	lock   held by the process that is at it, so that others leave it alone
//	new    the output
//	old    what --force replaces, for a moment
//
// and is called .NAME.nugget-RANDOM. One that a killed process has left behind is
// removed by the next that writes the same output.
type output struct {
	path   string // where it goes
	force  bool
	folder bool
	stage  string
	lock   *flock.Flock
	owner  *staging
}

const stageInfix = ".nugget-"

// newFolder begins a folder, newFile a file. An output that exists is refused
// without force; so is one that is there but isn't of nugget's making, with it.
func (s *staging) newFolder(path string, force bool) (*output, error) {
	return s.begin(&output{path: path, force: force, folder: true})
}

func (s *staging) newFile(path string, force bool) (*output, error) {
	return s.begin(&output{path: path, force: force})
}

func (s *staging) begin(o *output) (*output, error) {
	o.owner = s
	o.path = filepath.Clean(o.path)
	if err := o.checkPlace(); err != nil {
		return nil, err
	}
	dir, name := filepath.Split(o.path)
	if dir == "" {
		dir = "."
	}
	removeStale(dir, name)
	if err := o.claim(dir, "."+name+stageInfix+"*"); err != nil {
		return nil, fmt.Errorf("the output cannot be written: %w", err)
	}
	s.add(o)
	if o.folder {
		if err := os.Mkdir(o.new(), 0o777); err != nil {
			o.abandon()
			return nil, err
		}
	}
	return o, nil
}

// claim makes the stage and locks it.
func (o *output) claim(dir, pattern string) error {
	for range 10 {
		stage, err := os.MkdirTemp(dir, pattern)
		if err != nil {
			return err
		}
		o.stage, o.lock = stage, flock.New(filepath.Join(stage, "lock"))
		// Between the two calls another process may have taken it for a stale one.
		// A file system without locks will do too.
		held, err := o.lock.TryLock()
		if (held || err != nil) && exists(filepath.Join(stage, "lock")) {
			return nil
		}
		o.lock.Close()
		os.RemoveAll(stage)
	}
	return fmt.Errorf("%s: no folder can be locked there", dir)
}

// removeStale removes the stages that killed processes have left.
func removeStale(dir, name string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // begin will say it
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), "."+name+stageInfix) {
			continue
		}
		stage := filepath.Join(dir, e.Name())
		lock := flock.New(filepath.Join(stage, "lock"))
		held, err := lock.TryLock()
		if held && err == nil {
			// Killed while it replaced the output: the old one lost its name only.
			if old := filepath.Join(stage, "old"); exists(old) && !exists(filepath.Join(dir, name)) {
				os.Rename(old, filepath.Join(dir, name))
			}
			os.RemoveAll(stage)
		}
		lock.Close()
	}
}

// new is where the output grows.
func (o *output) new() string { return filepath.Join(o.stage, "new") }

// commit puts the output in its place.
func (o *output) commit() error {
	defer o.abandon()
	if err := syncTree(o.new()); err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	if err := o.checkPlace(); err != nil {
		return err
	}
	// A folder cannot be renamed over one that isn't empty; a file can over a file.
	old := filepath.Join(o.stage, "old")
	replaced := o.folder && exists(o.path)
	if replaced {
		if err := os.Rename(o.path, old); err != nil {
			return err
		}
	}
	if err := os.Rename(o.new(), o.path); err != nil {
		if replaced {
			err = errors.Join(err, os.Rename(old, o.path))
		}
		return err
	}
	return syncPath(filepath.Dir(o.path))
}

// abandon removes what has grown. After commit it does nothing.
func (o *output) abandon() {
	if o.owner.drop(o) {
		o.remove()
	}
}

func (o *output) remove() {
	o.lock.Close()
	os.RemoveAll(o.stage)
}

// checkPlace refuses what cannot or should not be written to.
func (o *output) checkPlace() error {
	info, err := os.Lstat(o.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		parent := filepath.Dir(o.path)
		if info, err := os.Stat(parent); err != nil {
			return hint.With(fmt.Errorf("the output %s has no folder to lie in: %w", o.path, err), "make the folder "+parent+" first")
		} else if !info.IsDir() {
			return fmt.Errorf("the output %s cannot lie in %s, which is no folder", o.path, parent)
		}
		return nil
	case err != nil:
		return err
	case !o.force:
		return hint.With(fmt.Errorf("the output %s exists", o.path), "choose another name, or replace it with --force")
	case !o.folder && !info.Mode().IsRegular():
		return fmt.Errorf("the output %s exists and is no regular file; --force replaces only such", o.path)
	case o.folder && !info.IsDir():
		return fmt.Errorf("the output %s exists and is no folder; --force replaces only an adapter's or a merged model's", o.path)
	case o.folder && !replaceable(o.path):
		return hint.With(fmt.Errorf("the output %s exists and holds no adapter or merged model; --force replaces only such a folder", o.path),
			"choose another name, or remove the folder yourself")
	}
	return nil
}

// replaceable reports whether a folder is empty, an adapter's or a merged model's.
func replaceable(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && (len(entries) == 0 ||
		exists(filepath.Join(dir, "adapter_config.json")) || exists(filepath.Join(dir, "transfer.json")) ||
		exists(filepath.Join(dir, "merge.json")))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// syncTree puts a file, or a folder with all that is in it, on the disk.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncPath(path)
	})
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/host/tune"
)

// runFolder is the --out of a training. Unlike other outputs it lies under its name
// while it grows, because a killed run goes on there: what is in it is whole at any
// moment.
type runFolder struct {
	path   string
	force  bool
	lock   *flock.Flock
	made   bool // by this run
	failed bool
}

// trainFolder looks at --out. It touches nothing yet.
func (a *app) trainFolder(c *cli.Context) (*runFolder, error) {
	f := &runFolder{path: filepath.Clean(c.String("out")), force: c.Bool("force")}
	resume := c.Bool("resume")
	if f.force && resume {
		return nil, misused(c, "--force and --resume exclude each other")
	}
	if err := f.free(); err != nil {
		return nil, err
	}
	// The rules of all outputs; to go on is to write to what exists.
	o := &output{path: f.path, force: f.force || resume, folder: true}
	err := o.checkPlace()
	switch {
	case err == nil || !exists(f.path):
		return f, err
	case tune.IsRun(f.path) && (f.force || resume):
		return f, nil
	case tune.IsRun(f.path):
		return nil, hint.With(fmt.Errorf("the output %s exists", f.path), "go on with it with --resume, replace it with --force, or choose another name")
	case resume:
		return nil, hint.With(fmt.Errorf("%s holds no training that could go on", f.path), "choose another --out, without --resume")
	}
	return nil, err
}

// free refuses a folder that another process is at work in.
func (f *runFolder) free() error {
	path := filepath.Join(f.path, tune.LockFile)
	if !exists(path) {
		return nil
	}
	lock := flock.New(path)
	held, err := lock.TryLock()
	if err == nil && !held {
		return f.taken()
	}
	return lock.Close()
}

func (f *runFolder) taken() error {
	return fmt.Errorf("%s: another training is at work there", f.path)
}

// make makes or empties the folder and locks it.
func (f *runFolder) make() error {
	f.made = !exists(f.path)
	if f.made {
		if err := os.Mkdir(f.path, 0o777); err != nil {
			return err
		}
	}
	f.lock = flock.New(filepath.Join(f.path, tune.LockFile))
	held, err := f.lock.TryLock()
	if err == nil && !held {
		f.lock = nil
		return f.taken()
	}
	// A file system without locks will do too.
	if f.force {
		return tune.Clear(f.path, trainFile, transfer.CardFile, transfer.ReportFile)
	}
	return nil
}

// close unlocks the folder, and removes it when there is nothing in it worth keeping.
func (f *runFolder) close() {
	if f.lock == nil {
		return
	}
	if f.failed && f.made && !f.worthKeeping() {
		os.RemoveAll(f.path)
	}
	os.Remove(f.lock.Path())
	f.lock.Close()
}

func (f *runFolder) worthKeeping() bool {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return true
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "checkpoint-") {
			return true
		}
	}
	return false
}

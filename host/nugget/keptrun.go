package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// keptRun is the folder that a transfer keeps what is done in, beside its output:
// .NAME.transfer, with a lock of the process that is at it. It is there as long as
// there is something to go on with, and gone when the output is in its place.
type keptRun struct {
	path string
	lock *flock.Flock
}

const keptLock = "lock"

// keepRun begins one, or takes up what an interrupted transfer has left.
func (a *app) keepRun(c *cli.Context) (*keptRun, error) {
	resume, force := c.Bool("resume"), c.Bool("force")
	out := filepath.Clean(c.String("out"))
	k := &keptRun{path: filepath.Join(filepath.Dir(out), "."+filepath.Base(out)+".transfer")}
	if err := k.claim(); err != nil {
		return nil, err
	}
	done, layers, err := transfer.Kept(k.path)
	switch {
	case err != nil:
	case resume && done == 0:
		a.ui.message(fmt.Sprintf("%s: no layer was done, so the transfer begins", out))
	case resume:
		a.ui.message(fmt.Sprintf("%s: goes on behind %d of %s", out, done, plural(layers, "layer")))
		a.run.Store(k)
		return k, nil
	case done > 0 && !force:
		err = hint.With(fmt.Errorf("%s holds an interrupted transfer to %s: %d of %s are done", k.path, out, done, plural(layers, "layer")),
			"go on with it with --resume, begin anew with --force, or choose another name")
	}
	if err == nil {
		err = k.clear()
	}
	if err != nil {
		k.lock.Close()
		return nil, err
	}
	a.run.Store(k)
	return k, nil
}

// claim makes the folder and locks it.
func (k *keptRun) claim() error {
	for range 10 {
		if err := os.Mkdir(k.path, 0o777); err != nil && !os.IsExist(err) {
			return fmt.Errorf("the output cannot be written: %w", err)
		}
		k.lock = flock.New(filepath.Join(k.path, keptLock))
		held, err := k.lock.TryLock()
		if err == nil && !held {
			return fmt.Errorf("%s: another transfer is at work there", k.path)
		}
		// A file system without locks will do too. Another process, when it was done,
		// may have removed the folder between the two calls.
		if exists(k.lock.Path()) {
			return nil
		}
		k.lock.Close()
	}
	return fmt.Errorf("%s: cannot be locked", k.path)
}

// clear removes what an earlier run has left.
func (k *keptRun) clear() error {
	entries, err := os.ReadDir(k.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == keptLock {
			continue
		}
		if err := os.RemoveAll(filepath.Join(k.path, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// close ends it: nothing is left when the transfer is done, or nothing of it was.
func (k *keptRun) close(done bool) {
	layers, _, err := transfer.Kept(k.path)
	if !done && (err != nil || layers > 0) {
		k.lock.Close()
		return
	}
	left := os.RemoveAll(k.path)
	k.lock.Close()
	if left != nil { // Windows removes no open file
		os.RemoveAll(k.path)
	}
}

// hint says what of an interrupted transfer is kept; "": nothing.
func (k *keptRun) hint() string {
	if k == nil {
		return ""
	}
	done, layers, err := transfer.Kept(k.path)
	if err != nil || done == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s are kept in %s: the same command with --resume goes on there", done, plural(layers, "layer"), k.path)
}

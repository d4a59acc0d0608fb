package tune

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/neuralnuggets/nugget/adapters/peft"
)

// finish puts the trained adapter, and what Files gives, into the run's folder. The
// adapter's config comes last: without it a folder is no adapter's, so one that a killed
// process leaves is not taken for whole, and --resume writes it again.
func (r *trainer) finish() error {
	r.result.Steps = r.done
	stage := filepath.Join(r.Dir, stagePrefix+"adapter")
	if err := os.Mkdir(stage, 0o777); err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	if err := r.writeAdapter(stage); err != nil {
		return err
	}
	if r.Files != nil {
		files, err := r.Files(r.result)
		if err != nil {
			return err
		}
		for _, name := range sortedKeys(files) {
			if err := os.WriteFile(filepath.Join(stage, name), files[name], 0o666); err != nil {
				return err
			}
		}
	}
	if err := syncTree(stage); err != nil {
		return err
	}
	entries, err := os.ReadDir(stage)
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, func(a, b os.DirEntry) int {
		return last(a.Name()) - last(b.Name())
	})
	for _, name := range []string{peft.ConfigFile, initFolder} {
		if err := os.RemoveAll(filepath.Join(r.Dir, name)); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(stage, e.Name()), filepath.Join(r.Dir, e.Name())); err != nil {
			return err
		}
	}
	return syncPath(r.Dir)
}

// last is 1 for what is put in place last.
func last(name string) int {
	if name == peft.ConfigFile {
		return 1
	}
	return 0
}

// interrupted saves what is done when a run is ended from outside.
func (r *trainer) interrupted(cause error) error {
	if r.done == r.saved {
		return cause
	}
	r.ended = true
	if err := r.save(); err != nil {
		return err
	}
	r.say("saved " + r.checkpointPath(r.done) + " (step " + strconv.Itoa(r.done) + "); --resume goes on from there")
	return cause
}

package tune

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/adapters/peft"
)

// IsRun reports whether a folder is a training's, begun or done. Of one that was killed
// at the very beginning there may be nothing but hidden files.
func IsRun(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	visible := false
	for _, e := range entries {
		if e.Name() == metricsFile && e.Type().IsRegular() {
			return true
		}
		hidden := e.Name() == LockFile || strings.HasPrefix(e.Name(), stagePrefix)
		visible = visible || !hidden
	}
	return !visible && len(entries) > 0
}

// LockFile is held by the process that trains in a folder, whose caller sees to it.
const LockFile = ".lock"

// Clear removes what a run has written, and others, which are what its Files have given,
// so that another run can begin there. What somebody else has put there stays.
func Clear(dir string, others ...string) error {
	own := append([]string{peft.ConfigFile, peft.WeightsFile, initFolder, metricsFile}, others...)
	steps, err := checkpoints(dir)
	if err != nil {
		return err
	}
	for _, step := range steps {
		own = append(own, checkpointPrefix+strconv.Itoa(step))
	}
	for _, name := range own {
		if err := remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return removeStages(dir)
}

// removeStages removes what a killed process has left.
func removeStages(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stagePrefix) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

package tune

import (
	"os"
	"path/filepath"
)

// IsRun reports whether a folder is a training's, begun or done.
func IsRun(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, metricsFile))
	return err == nil && info.Mode().IsRegular()
}

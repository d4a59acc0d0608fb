package tune

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// syncTree puts a folder with all that is in it on the disk.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncPath(path)
	})
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.IsDir() && runtime.GOOS == "windows" {
		return err // Windows syncs no folders
	}
	return f.Sync()
}

// remove takes a folder or file away. It loses its name first, so that a killed process
// leaves no half of it under that.
func remove(path string) error {
	gone := filepath.Join(filepath.Dir(path), stagePrefix+"old-"+filepath.Base(path))
	if err := os.RemoveAll(gone); err != nil {
		return err
	}
	if err := os.Rename(path, gone); err != nil {
		return err
	}
	return os.RemoveAll(gone)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

package plugintest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// buildAll builds a source tree's plugins into a folder of its own. Test processes
// run side by side, so it holds a lock; go build puts a binary in place by renaming,
// so that one which is being run, or hashed, is not disturbed.
func buildAll(root string) (string, error) {
	sources, err := filepath.Glob(filepath.Join(root, "plugins", "nugget-arch-*", "*.go"))
	if err != nil {
		return "", err
	}
	if len(sources) == 0 {
		return "", errors.New("no plugins/nugget-arch-* in " + root)
	}
	tree := sha256.Sum256([]byte(root))
	dir := filepath.Join(cacheFolder(), "nugget", "plugintest-"+hex.EncodeToString(tree[:6]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(dir, ".lock"))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer lock.Close()
	if err := dropOthers(dir, root); err != nil {
		return "", err
	}
	_, err = run(root, "go", "build", "-ldflags", "-s -w", "-o", dir+string(filepath.Separator), "./plugins/nugget-arch-...")
	return dir, err
}

// dropOthers removes the plugins that the tree no longer has.
func dropOthers(dir, root string) error {
	built, err := filepath.Glob(filepath.Join(dir, "nugget-arch-*"))
	if err != nil {
		return err
	}
	for _, binary := range built {
		source := filepath.Join(root, "plugins", strings.TrimSuffix(filepath.Base(binary), ".exe"))
		if _, err := os.Stat(source); errors.Is(err, fs.ErrNotExist) {
			if err := os.Remove(binary); err != nil {
				return err
			}
		}
	}
	return nil
}

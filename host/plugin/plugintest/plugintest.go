// Package plugintest gives tests the real plugins, as real processes.
package plugintest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Build builds the repository's plugins, once in a test process, and returns the
// folder that they lie in. The folder stays for the next test process, which links
// nothing that has not changed.
func Build(t testing.TB) string {
	t.Helper()
	dir, err := build()
	if err != nil {
		t.Fatalf("building the plugins: %v", err)
	}
	return dir
}

// Describe asks a real plugin about a checkpoint. Who the plugins are is asked once in a
// test process: there are many of them.
func Describe(t testing.TB, ck *checkpoint.Checkpoint) *arch.Architecture {
	t.Helper()
	Build(t)
	a, err := plugins().Describe(context.Background(), ck)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var build = sync.OnceValues(func() (string, error) {
	mod, err := run("", "go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	return buildAll(filepath.Dir(mod))
})

// plugins is not closed: between questions none of its processes runs.
var plugins = sync.OnceValue(func() *plugin.Set {
	dir, _ := build() // whose error Build reports
	return plugin.New(plugin.Options{Dirs: []string{dir}})
})

func run(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", &buildError{strings.Join(cmd.Args, " "), err, stderr.String()}
	}
	return strings.TrimSpace(string(out)), nil
}

// buildError is a command that failed.
type buildError struct {
	command string
	err     error
	output  string
}

func (e *buildError) Error() string { return e.command + ": " + e.err.Error() + "\n" + e.output }

func (e *buildError) Unwrap() error { return e.err }

// cacheFolder is where plugins are built: one folder a source tree.
func cacheFolder() string {
	if dir, err := os.UserCacheDir(); err == nil {
		return dir
	}
	return os.TempDir()
}

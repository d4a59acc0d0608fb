package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
)

// library is a PJRT library that XLA can be loaded from.
type library struct {
	kind  string // "cpu", "cuda", ...
	path  string
	found string // where it was looked for
}

// libraryEnv names a PJRT library that comes before all that is found.
const libraryEnv = "NUGGET_PJRT"

// libraries lists what is there, the best first: the one that NUGGET_PJRT names,
// those for CUDA, those for the CPU, others. It loads none.
func libraries() []library {
	if !xlaBuilt {
		return nil
	}
	var all []library
	for _, dir := range libraryDirs() {
		for _, pattern := range []string{"pjrt_c_api_*_plugin.*", "pjrt[-_]plugin[-_]*"} {
			paths, _ := filepath.Glob(filepath.Join(dir, pattern))
			for _, path := range paths {
				known := slices.ContainsFunc(all, func(l library) bool { return l.path == path })
				if !known && slices.Contains([]string{".so", ".dylib", ".dll"}, filepath.Ext(path)) {
					all = append(all, library{kindOf(path), path, dir})
				}
			}
		}
	}
	rank := map[string]int{"cuda": 1, "cpu": 2}
	slices.SortStableFunc(all, func(a, b library) int {
		return (rank[a.kind]+2)%3 - (rank[b.kind]+2)%3
	})
	if path := os.Getenv(libraryEnv); path != "" {
		all = append([]library{{kindOf(path), path, "$" + libraryEnv}}, all...)
	}
	return all
}

// libraryDirs is where go-xla and its installer keep libraries.
func libraryDirs() []string {
	if dirs, ok := os.LookupEnv("PJRT_PLUGIN_LIBRARY_PATH"); ok {
		return filepath.SplitList(dirs)
	}
	var dirs []string
	if home, err := os.UserHomeDir(); err == nil {
		local := filepath.Join(home, ".local", "lib", "go-xla")
		switch runtime.GOOS {
		case "darwin":
			local = filepath.Join(home, "Library", "Application Support", "go-xla")
		case "windows":
			local = filepath.Join(home, "AppData", "Local", "go-xla")
		}
		dirs = append(dirs, local, filepath.Join(local, "nvidia"))
	}
	dirs = append(dirs, "/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia")
	for _, dir := range filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")) {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// kindOf guesses from a library's name what it runs on.
func kindOf(path string) string {
	name := strings.ToLower(filepath.Base(path))
	for _, kind := range []string{"cuda", "cpu", "rocm", "tpu", "metal"} {
		if strings.Contains(name, kind) {
			return kind
		}
	}
	return "other"
}

// findLibrary returns the best library of a kind; "": of any.
func findLibrary(kind string) (library, error) {
	all := libraries()
	for _, l := range all {
		if kind == "" || l.kind == kind {
			return l, nil
		}
	}
	advice := "nugget backends install cpu fetches one, " + libraryEnv + " names one that is there already"
	if kind == "" {
		return library{}, hint.With(errors.New("backend xla: no PJRT library is found"), advice)
	}
	if kind == "cuda" {
		advice = "nugget backends install cuda fetches one"
	}
	return library{}, hint.With(fmt.Errorf("backend xla: no PJRT library for %q is found", kind), advice)
}

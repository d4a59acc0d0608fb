package plugin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// prefix begins the name of every plugin's program.
const prefix = "nugget-arch-"

// SearchPath is the folders that are searched unless told otherwise: those of
// $NUGGET_PLUGIN_PATH, the one that the host's own binary lies in, and
// nugget/plugins in the user's data folder.
func SearchPath() []string {
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("NUGGET_PLUGIN_PATH")) {
		if dir != "" {
			dirs = append(dirs, dir)
		}
	}
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		dirs = append(dirs, filepath.Dir(self))
	}
	if data := userData(); data != "" {
		dirs = append(dirs, filepath.Join(data, "nugget", "plugins"))
	}
	return dirs
}

// userData is $XDG_DATA_HOME, or where the system has such a folder; "": nowhere.
// (github.com/adrg/xdg knows it too, but reads the environment and the user's
// user-dirs.dirs when the program is loaded, and this is all we would use.)
func userData() string {
	// The XDG specification has relative paths ignored.
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if runtime.GOOS == "windows" {
		return os.Getenv("LocalAppData")
	}
	home, err := os.UserHomeDir()
	switch {
	case err != nil:
		return ""
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support")
	}
	return filepath.Join(home, ".local", "share")
}

// search is what was found, and where.
type search struct {
	given    []*program // --debug-plugin's and --plugin's
	programs []*program // the folders', those that an earlier one shadows left out
	unusable []unusable // named like a plugin, but no program
	folders  []folder
}

// unusable is a file that is no plugin, and why.
type unusable struct {
	path string
	err  error
}

// folder is one that was searched; err says why it could not be.
type folder struct {
	path string
	err  error
}

func (f folder) String() string {
	switch {
	case errors.Is(f.err, fs.ErrNotExist):
		return f.path + " (no such folder)"
	case f.err != nil:
		return f.path + " (" + reason(f.err).Error() + ")"
	}
	return f.path
}

// find looks for plugins. It starts none.
func find(opts Options) *search {
	s := &search{}
	names := map[string]bool{}
	for _, text := range opts.Debug {
		p, err := newAttached(text)
		if err != nil {
			s.unusable = append(s.unusable, unusable{text, err})
			continue
		}
		s.given = append(s.given, p)
	}
	for _, path := range opts.Binaries {
		p, err := newProgram(path)
		if err != nil {
			s.unusable = append(s.unusable, unusable{path, err})
			continue
		}
		p.given = true
		names[p.name] = true
		s.given = append(s.given, p)
	}
	seen := map[string]bool{}
	for _, dir := range opts.Dirs {
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
		if seen[dir] {
			continue
		}
		seen[dir] = true
		s.folders = append(s.folders, folder{dir, s.scan(dir, names)})
	}
	return s
}

// scan takes in the plugins of one folder.
func (s *search) scan(dir string, names map[string]bool) error {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := programName(e.Name())
		if !ok || !strings.HasPrefix(name, prefix) || names[name] || e.IsDir() {
			continue
		}
		p, err := newProgram(filepath.Join(dir, e.Name()))
		if err != nil {
			s.unusable = append(s.unusable, unusable{filepath.Join(dir, e.Name()), err})
			continue
		}
		names[name] = true
		s.programs = append(s.programs, p)
	}
	return nil
}

// programName is a file's name without what makes it a program; false: it is none.
func programName(file string) (string, bool) {
	if runtime.GOOS != "windows" {
		return file, true
	}
	if ext := filepath.Ext(file); strings.EqualFold(ext, ".exe") {
		return strings.TrimSuffix(file, ext), true
	}
	return file, false
}

// search looks for plugins once in the set's life.
func (s *Set) search() *search {
	s.searching.Lock()
	defer s.searching.Unlock()
	if s.found == nil {
		s.found = find(s.opts)
	}
	return s.found
}

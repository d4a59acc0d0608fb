package plugin

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// touch makes an empty program or file.
func touch(t *testing.T, mode os.FileMode, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, mode); err != nil {
		t.Fatal(err)
	}
	return file
}

func paths(programs []*program) []string {
	var list []string
	for _, p := range programs {
		list = append(list, p.path)
	}
	return list
}

func TestSearchPath(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		t.Fatal(err)
	}
	separator := string(os.PathListSeparator)
	t.Setenv("HOME", "/home/ada")
	usual := filepath.Join("/home/ada", ".local", "share", "nugget", "plugins")
	if runtime.GOOS == "darwin" {
		usual = filepath.Join("/home/ada", "Library", "Application Support", "nugget", "plugins")
	}
	tests := []struct {
		env, data string
		want      []string
	}{
		{"", "", []string{filepath.Dir(self), usual}},
		{"/a" + separator + "b", "/data", []string{"/a", "b", filepath.Dir(self), filepath.Join("/data", "nugget", "plugins")}},
		{separator + "/a" + separator, "relative", []string{"/a", filepath.Dir(self), usual}},
	}
	for _, test := range tests {
		t.Setenv("NUGGET_PLUGIN_PATH", test.env)
		t.Setenv("XDG_DATA_HOME", test.data)
		if got := SearchPath(); !slices.Equal(got, test.want) {
			t.Errorf("%q, %q: got %q, want %q", test.env, test.data, got, test.want)
		}
	}
}

func TestFindTakesProgramsByName(t *testing.T) {
	dir := t.TempDir()
	llama := touch(t, 0o755, dir, "nugget-arch-llama")
	group := touch(t, 0o710, dir, "nugget-arch-group")
	plain := touch(t, 0o644, dir, "nugget-arch-plain")
	touch(t, 0o755, dir, "nugget")
	touch(t, 0o755, dir, "arch-llama")
	touch(t, 0o755, dir, "nugget-arch-folder", "nugget-arch-inner")
	linked := filepath.Join(dir, "nugget-arch-linked")
	if err := os.Symlink(llama, linked); err != nil {
		t.Fatal(err)
	}
	found := find(Options{Dirs: []string{dir}})
	if want := []string{group, linked, llama}; !slices.Equal(paths(found.programs), want) {
		t.Errorf("programs %q, want %q", paths(found.programs), want)
	}
	if len(found.unusable) != 1 || found.unusable[0].path != plain || found.unusable[0].err.Error() != "is not executable" {
		t.Errorf("unusable %v", found.unusable)
	}
}

func TestEarlierFoldersShadowLaterOnes(t *testing.T) {
	first, second, third := t.TempDir(), t.TempDir(), t.TempDir()
	touch(t, 0o644, first, "nugget-arch-a") // no program: shadows nothing
	b1 := touch(t, 0o755, first, "nugget-arch-b")
	a2 := touch(t, 0o755, second, "nugget-arch-a")
	touch(t, 0o755, second, "nugget-arch-b")
	c3 := touch(t, 0o755, third, "nugget-arch-c")
	touch(t, 0o755, third, "nugget-arch-a")
	touch(t, 0o755, third, "nugget-arch-d")
	given := touch(t, 0o755, t.TempDir(), "nugget-arch-d")
	found := find(Options{Binaries: []string{given}, Dirs: []string{first, second, third}})
	if want := []string{b1, a2, c3}; !slices.Equal(paths(found.programs), want) {
		t.Errorf("programs %q, want %q", paths(found.programs), want)
	}
	if !slices.Equal(paths(found.given), []string{given}) || !found.given[0].given {
		t.Errorf("given %q", paths(found.given))
	}
}

// --plugin takes any name, and a path as one types it.
func TestGivenProgramsNeedNoName(t *testing.T) {
	dir := t.TempDir()
	path := touch(t, 0o755, dir, "mine")
	t.Chdir(dir)
	found := find(Options{Binaries: []string{"mine"}})
	if !slices.Equal(paths(found.given), []string{path}) {
		t.Errorf("given %q, want %q", paths(found.given), path)
	}
}

func TestFoldersThatCannotBeSearchedSaySo(t *testing.T) {
	file := touch(t, 0o644, t.TempDir(), "file")
	missing := filepath.Join(t.TempDir(), "missing")
	found := find(Options{Dirs: []string{missing, file, missing}})
	var got []string
	for _, f := range found.folders {
		got = append(got, f.String())
	}
	if len(got) != 2 || got[0] != missing+" (no such folder)" || !strings.HasPrefix(got[1], file+" (") || strings.Count(got[1], file) != 1 {
		t.Errorf("got %q", got)
	}
}

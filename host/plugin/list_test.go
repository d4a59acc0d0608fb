//go:build unix

package plugin

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestListAsksEveryPlugin(t *testing.T) {
	dir := pluginFolder(t, "good1", "good0", "exit", "hang")
	plain := filepath.Join(dir, prefix+"plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	given := filepath.Join(pluginFolder(t, "alpha"), prefix+"alpha")
	set := New(Options{Binaries: []string{given, "/no/such/plugin"}, Dirs: []string{dir}, Cache: t.TempDir()})
	defer set.Close()
	set.limits.start = 1500e6
	list, err := set.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ name, path, err string }{
		{"alpha", given, ""},
		{"", filepath.Join(dir, prefix+"exit"), "ended before its handshake"},
		{"good0", filepath.Join(dir, prefix+"good0"), ""},
		{"good1", filepath.Join(dir, prefix+"good1"), ""},
		{"", filepath.Join(dir, prefix+"hang"), "did not start within 1.5s"},
		{"", plain, "is not executable"},
		{"", "/no/such/plugin", "no such file"},
	}
	if len(list) != len(want) {
		t.Fatalf("got %+v", list)
	}
	for i, w := range want {
		got := list[i]
		if got.Name != w.name || got.Path != w.path || (got.Err == nil) != (w.err == "") || got.Err != nil && !strings.Contains(got.Err.Error(), w.err) {
			t.Errorf("entry %d: got %+v, want %+v", i, got, w)
		}
		answers := got.Version == "1.2.3" && got.Protocol == 1 && len(got.Hash) == 64 &&
			len(got.ModelTypes) == 1 && got.ModelTypes[0] == w.name &&
			len(got.GGUFArchitectures) == 1 && got.GGUFArchitectures[0] == "gguf-"+w.name
		silent := got.Version == "" && got.Protocol == 0 && got.Hash == "" && got.ModelTypes == nil && got.GGUFArchitectures == nil
		if got.Err == nil && !answers || got.Err != nil && !silent {
			t.Errorf("entry %d: %+v", i, got)
		}
	}
}

// A listing shows that a plugin works now, not that it once did.
func TestListDoesNotTrustTheCache(t *testing.T) {
	opts := Options{Dirs: []string{pluginFolder(t, "good0")}, Cache: t.TempDir()}
	if _, err := fresh(t, opts, "good0", limits{}); err != nil {
		t.Fatal(err)
	}
	set := New(opts)
	defer set.Close()
	set.limits = nothingStarts
	if list, err := set.List(t.Context()); err != nil || len(list) != 1 || list[0].Err == nil {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestListEndsWithItsContext(t *testing.T) {
	set := New(Options{Dirs: []string{pluginFolder(t, "hang")}})
	defer set.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300e6)
	defer cancel()
	if list, err := set.List(ctx); err != context.DeadlineExceeded || list != nil {
		t.Errorf("got %v, %v", list, err)
	}
}

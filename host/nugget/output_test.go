package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree lists what is in a folder, hidden entries and contents included.
func tree(t *testing.T, root string) string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		line, _ := filepath.Rel(root, path)
		if !d.IsDir() {
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += "=" + string(raw)
		}
		list = append(list, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestAnOutputAppearsWholeOrNotAtAll(t *testing.T) {
	root := t.TempDir()
	var s staging
	for _, tt := range []struct {
		name   string
		begin  func() (*output, error)
		finish func(*output) error
		want   string
	}{
		{"folder abandoned", func() (*output, error) { return s.newFolder(filepath.Join(root, "a"), false) },
			func(o *output) error { o.abandon(); return nil }, ""},
		{"file abandoned", func() (*output, error) { return s.newFile(filepath.Join(root, "f"), false) },
			func(o *output) error { o.abandon(); return nil }, ""},
		{"folder", func() (*output, error) { return s.newFolder(filepath.Join(root, "a"), false) },
			func(o *output) error { defer o.abandon(); return o.commit() }, "a a/transfer.json=1"},
		{"folder replaced", func() (*output, error) { return s.newFolder(filepath.Join(root, "a"), true) },
			func(o *output) error { return o.commit() }, "a a/transfer.json=1"},
		{"file", func() (*output, error) { return s.newFile(filepath.Join(root, "f"), false) },
			func(o *output) error { return o.commit() }, "a a/transfer.json=1 f=1"},
		{"file replaced", func() (*output, error) { return s.newFile(filepath.Join(root, "f"), true) },
			func(o *output) error { return o.commit() }, "a a/transfer.json=1 f=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := tree(t, root)
			o, err := tt.begin()
			if err != nil {
				t.Fatal(err)
			}
			if o.folder {
				write(t, filepath.Join(o.new(), "transfer.json"), "1")
			} else {
				write(t, o.new(), "1")
			}
			if got := tree(t, root); !strings.Contains(got, before) {
				t.Errorf("meanwhile %q, before %q", got, before)
			}
			if err := tt.finish(o); err != nil {
				t.Fatal(err)
			}
			if got := tree(t, root); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWhatIsThereIsNotReplaced(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "adapter", "adapter_config.json"), "{}")
	write(t, filepath.Join(root, "papers", "thesis.tex"), "x")
	write(t, filepath.Join(root, "file"), "x")
	if err := os.Mkdir(filepath.Join(root, "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	before := tree(t, root)
	var s staging
	for _, tt := range []struct {
		path          string
		folder, force bool
		want          string // "": it may be replaced
	}{
		{"adapter", true, false, "exists"},
		{"adapter", true, true, ""},
		{"empty", true, false, "exists"},
		{"empty", true, true, ""},
		{"papers", true, true, "holds no adapter"},
		{"file", true, true, "is no folder"},
		{"file", false, false, "exists"},
		{"file", false, true, ""},
		{"papers", false, true, "is no regular file"},
		{"nowhere/x", true, true, "has no folder to lie in"},
		{"file/x", true, true, "file"},
	} {
		begin := s.newFile
		if tt.folder {
			begin = s.newFolder
		}
		o, err := begin(filepath.Join(root, tt.path), tt.force)
		if err == nil {
			o.abandon()
		}
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.path, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s, folder %v, force %v: got %v, want an error with %q", tt.path, tt.folder, tt.force, err, tt.want)
		}
		if got := tree(t, root); got != before {
			t.Fatalf("%s: now %q", tt.path, got)
		}
	}
}

func TestAnOutputThatAppearedMeanwhileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	var s staging
	o, err := s.newFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	write(t, o.new(), "ours")
	write(t, path, "theirs")
	if err := o.commit(); err == nil {
		t.Error("no error")
	}
	if got := tree(t, filepath.Dir(path)); got != "f=theirs" {
		t.Errorf("got %q", got)
	}
}

func TestWhatAKilledProcessLeftIsRemoved(t *testing.T) {
	root := t.TempDir()
	var s staging
	alive, err := s.newFolder(filepath.Join(root, "a"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.abandon()
	write(t, filepath.Join(root, ".a.nugget-1", "lock"), "")
	write(t, filepath.Join(root, ".a.nugget-1", "new", "big"), "x")
	write(t, filepath.Join(root, ".b.nugget-1", "new"), "another output's")
	// Killed between the two renames of --force.
	write(t, filepath.Join(root, ".c.nugget-1", "lock"), "")
	write(t, filepath.Join(root, ".c.nugget-1", "old", "transfer.json"), "old")
	for _, name := range []string{"a", "c"} {
		if o, err := s.newFolder(filepath.Join(root, name), true); err == nil {
			o.abandon()
		}
	}
	want := strings.ReplaceAll(".b.nugget-1 .b.nugget-1/new=another output's STAGE STAGE/lock= STAGE/new c c/transfer.json=old",
		"STAGE", filepath.Base(alive.stage))
	got := tree(t, root)
	if len(strings.Fields(got)) != len(strings.Fields(want)) || !strings.Contains(got, "c/transfer.json=old") || strings.Contains(got, "big") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAllOutputsAreRemovedAtOnce(t *testing.T) {
	root := t.TempDir()
	var s staging
	for _, name := range []string{"a", "b"} {
		if _, err := s.newFolder(filepath.Join(root, name), false); err != nil {
			t.Fatal(err)
		}
	}
	s.removeAll()
	if got := tree(t, root); got != "" {
		t.Errorf("got %q", got)
	}
}

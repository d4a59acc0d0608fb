package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// TestAKilledTransferGoesOn kills real processes, each as soon as it has done one more
// layer than the one before and at another moment within the next. The last one leaves
// the bytes of a transfer that nothing happened to, and nothing beside them.
func TestAKilledTransferGoesOn(t *testing.T) {
	nugget, err := exec.LookPath("nugget")
	if err != nil {
		t.Fatal(err)
	}
	demo, err := filepath.Abs("../../testdata/demo")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	plugins, cache := plugintest.Build(t), t.TempDir()
	command := func(out string, flags ...string) *exec.Cmd {
		c := exec.Command(nugget, append([]string{"transfer", "--quiet", "--report", "--teacher", filepath.Join(demo, "teacher"),
			"--student", filepath.Join(demo, "student"), "--seeds", "seeds.jsonl", "--out", out}, flags...)...)
		c.Dir = dir
		c.Env = append(os.Environ(), "NUGGET_PLUGIN_PATH="+plugins, "XDG_CACHE_HOME="+cache, "GOMLX_BACKEND=go")
		return c
	}
	seeds, err := os.ReadFile(filepath.Join(demo, "seeds.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	few := strings.Join(strings.SplitAfter(string(seeds), "\n")[:6], "")
	if err := os.WriteFile(filepath.Join(dir, "seeds.jsonl"), []byte(few), 0o666); err != nil {
		t.Fatal(err)
	}
	if text, err := command("undisturbed").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}

	kept := filepath.Join(dir, ".adapter.transfer")
	killed := 0
	for layer := 5; layer >= 0; layer-- {
		c := command("adapter", "--resume")
		var text bytes.Buffer
		c.Stderr = &text
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		for waiting := true; waiting; {
			select {
			case err := <-ended: // it was faster
				if err != nil {
					t.Fatalf("%v\n%s", err, text.String())
				}
				waiting = false
			case <-time.After(2 * time.Millisecond):
				if _, err := os.Stat(filepath.Join(kept, fmt.Sprintf("gradient-%03d.safetensors", layer))); err != nil {
					continue
				}
				time.Sleep(time.Duration(layer) * 7 * time.Millisecond)
				if c.Process.Kill() == nil {
					killed++
				}
				<-ended
				waiting = false
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "adapter")); err == nil {
			break
		}
		if done, layers, err := transfer.Kept(kept); err != nil || done < 6-layer || layers != 6 {
			t.Fatalf("%d of %d layers are kept, want at least %d (%v)", done, layers, 6-layer, err)
		}
	}
	if killed < 3 {
		t.Errorf("%d processes were killed: all were too fast", killed)
	}
	if _, err := os.Stat(filepath.Join(dir, "adapter")); err != nil {
		if text, err := command("adapter", "--resume").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	want, got := filesIn(t, filepath.Join(dir, "undisturbed")), filesIn(t, filepath.Join(dir, "adapter"))
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s differs", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left (%v)", left, err)
	}
}

// filesIn is a folder's files.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

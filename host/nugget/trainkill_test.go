package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
)

// A training that is killed again and again, at other moments each time, ends with the
// bytes of an undisturbed one; and whatever is called a checkpoint is whole meanwhile.
func TestKilledTrainingsEndAsUndisturbedOnes(t *testing.T) {
	dir := t.TempDir()
	plugins := plugintest.Build(t)
	train := func(out string) *exec.Cmd {
		tiny := filepath.Join("..", "..", "testdata", "tiny", "plain")
		// A save after every step, so that many of the moments lie within one.
		cmd := exec.Command("nugget", "train", "--quiet", "--resume", "--backend", "go", "--model", tiny, "--init", "pissa", "--rank", "4",
			"--data", filepath.Join(tiny, "samples.jsonl"), "--eval-data", filepath.Join(tiny, "samples.jsonl"), "--eval-every", "4",
			"--out", filepath.Join(dir, out), "--batch-size", "1", "--max-steps", "12", "--save-every", "1", "--keep", "3", "--lr", "1e-2")
		cmd.Env = append(os.Environ(), "NUGGET_PLUGIN_PATH="+plugins)
		return cmd
	}
	begun := time.Now()
	if out, err := train("whole").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	undisturbed := time.Since(begun)

	const kills = 10
	killed := 0
	for i := range kills {
		cmd := train("killed")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// From before there is a folder to near the end.
		timer := time.AfterFunc(undisturbed*time.Duration(2*i+1)/(2*kills), func() { cmd.Process.Kill() })
		if cmd.Wait() != nil {
			killed++
		}
		timer.Stop()
		checkpointsAreWhole(t, filepath.Join(dir, "killed"))
	}
	if killed < kills/3 {
		t.Errorf("%d of %d were killed before their end: the test tests too little", killed, kills)
	}
	if out, err := train("killed").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, got := runFiles(t, filepath.Join(dir, "whole")), runFiles(t, filepath.Join(dir, "killed"))
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
		t.Errorf("there is %v, want %v", names, slices.Sorted(maps.Keys(want)))
	}
	for name, raw := range want {
		if !bytes.Equal(got[name], raw) {
			t.Errorf("%s differs", name)
		}
	}
}

func checkpointsAreWhole(t *testing.T, run string) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(run, "checkpoint-*"))
	if err != nil {
		t.Fatal(err)
	}
	// The result itself has its config last.
	if _, err := os.Stat(filepath.Join(run, peft.ConfigFile)); err == nil {
		folders = append(folders, run)
	}
	for _, folder := range folders {
		if _, err := peft.Read(folder); err != nil {
			t.Error(err)
		}
		if folder == run {
			continue
		}
		if _, err := os.Stat(filepath.Join(folder, "state.json")); err != nil {
			t.Error(err)
		}
		f, err := safetensors.Open(filepath.Join(folder, "optimizer.safetensors"))
		if err != nil {
			t.Error(err)
			continue
		}
		f.Close()
	}
}

// runFiles is the files of a folder, by path. A hidden one is somebody's remains.
func runFiles(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, ".") {
			return fmt.Errorf("%s is left behind", name)
		}
		files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

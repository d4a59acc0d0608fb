package transfer

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/engine"
)

// stopped runs a transfer that keeps what is done in dir, and ends it after some
// backward layers.
func stopped(t *testing.T, teacher, student Model, opts Options, pair string, layers int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	opts.Engine = engine.Options{Backend: "go", Progress: func(p engine.Progress) {
		if done, _, err := Kept(opts.Keep); p.Phase == "backward" && (err != nil || done >= layers) {
			cancel()
		}
	}}
	opts.Seeds = filepath.Join(pairs, pair, "seeds.jsonl")
	if _, err := Run(ctx, teacher, student, load(t, opts.Seeds), opts); layers < len(teacher.Arch.Layers) && !errors.Is(err, context.Canceled) {
		t.Fatalf("the run was not ended: %v", err)
	}
}

// TestARunGoesOnToTheSameBytes: from each layer, with fused and untied models, with
// layers that are put out by better ones, with both starts.
func TestARunGoesOnToTheSameBytes(t *testing.T) {
	for _, c := range []struct {
		pair string
		opts Options
	}{
		{"embeddings", Options{Rank: 4}},
		{"grouped", Options{Rank: 4, Start: Paper}},
		{"deeper", Options{Rank: 4, Layers: Random, Structure: Neurons, RNGSeed: 3}},
	} {
		teacher, student := openModel(t, filepath.Join(pairs, c.pair, "teacher")), openModel(t, filepath.Join(pairs, c.pair, "student"))
		whole := c.opts
		whole.Engine.Backend, whole.Seeds = "go", filepath.Join(pairs, c.pair, "seeds.jsonl")
		r, err := Run(t.Context(), teacher, student, load(t, whole.Seeds), whole)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := r.Write(dir); err != nil {
			t.Fatal(err)
		}
		want := files(t, dir)
		keep := t.TempDir()
		whole.Keep, c.opts.Keep = keep, keep
		n := len(teacher.Arch.Layers)
		for done := 1; done < n; done++ { // each goes on from the one before
			stopped(t, teacher, student, c.opts, c.pair, done)
			if got, layers, err := Kept(keep); err != nil || got < done || layers != n {
				t.Fatalf("%s: %d of %d layers are kept, want %d of %d (%v)", c.pair, got, layers, done, n, err)
			}
		}
		for range 2 { // the second has no layer left to do
			if r, err = Run(t.Context(), teacher, student, load(t, whole.Seeds), whole); err != nil {
				t.Fatal(err)
			}
			dir = t.TempDir()
			if err := r.Write(dir); err != nil {
				t.Fatal(err)
			}
			got := files(t, dir)
			if names(got) != names(want) {
				t.Errorf("%s leaves %s, want %s", c.pair, names(got), names(want))
			}
			for name, data := range want {
				if !bytes.Equal(got[name], data) {
					t.Errorf("%s: %s differs", c.pair, name)
				}
			}
			if done, _, err := Kept(keep); done != n || err != nil {
				t.Errorf("%d layers are kept, want %d (%v)", done, n, err)
			}
		}
	}
}

// TestARunOfSomethingElseIsRefused: by the first thing that differs, before or after the
// files' hashes are known.
func TestARunOfSomethingElseIsRefused(t *testing.T) {
	pair := filepath.Join(pairs, "grouped")
	teacher, student := openModel(t, filepath.Join(pair, "teacher")), openModel(t, filepath.Join(pair, "student"))
	keep := t.TempDir()
	opts := Options{Rank: 4, Keep: keep}
	stopped(t, teacher, student, opts, "grouped", 1)
	opts.Engine.Backend, opts.Seeds = "go", filepath.Join(pair, "seeds.jsonl")
	samples := load(t, opts.Seeds)
	before := files(t, keep)

	other := opts
	other.Rank = 3
	refuse := func(what string, err error, text string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), text) || hint.Of(err) == "" {
			t.Errorf("%s: %v, want %q", what, err, text)
		}
	}
	_, err := Run(t.Context(), teacher, student, samples, other)
	refuse("another rank", err, "run.json: the run was begun with options rank 4, found 3")
	_, err = Run(t.Context(), teacher, student, samples[1:], opts)
	refuse("other samples", err, "run.json: the run was begun with s")
	renamed := teacher
	renamed.Name = "other"
	_, err = Run(t.Context(), renamed, student, samples, opts)
	refuse("another teacher", err, "the run was begun with teacher path teacher, found other")

	run := filepath.Join(keep, keptRun)
	raw := strings.Replace(string(before[keptRun]), `"sha256": "`, `"sha256": "0`, 1)
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(keep, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put(keptRun, raw)
	_, err = Run(t.Context(), teacher, student, samples, opts)
	refuse("other bytes", err, run+": the run was begun with ")
	put(keptRun, "{")
	_, err = Run(t.Context(), teacher, student, samples, opts)
	refuse("no run", err, run)
	put(keptRun, string(before[keptRun]))

	for name, data := range before {
		if name == keptRun {
			continue
		}
		put(name, string(data[:len(data)-1]))
		_, err = Run(t.Context(), teacher, student, samples, opts)
		refuse("a truncated file", err, name)
		put(name, string(data))
	}
	if _, err := Run(t.Context(), teacher, student, samples, opts); err != nil {
		t.Errorf("what was kept has been spoilt: %v", err)
	}
}

// TestAFullDiskEndsNoRun: what cannot be kept is said, once.
func TestAFullDiskEndsNoRun(t *testing.T) {
	pair := filepath.Join(pairs, "grouped")
	teacher, student := openModel(t, filepath.Join(pair, "teacher")), openModel(t, filepath.Join(pair, "student"))
	keep := t.TempDir()
	// A folder where the file should be: it cannot be written.
	if err := os.MkdirAll(filepath.Join(keep, "layer-002.safetensors", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	said := 0
	opts := Options{Rank: 4, Keep: keep, Engine: engine.Options{Backend: "go"}, Message: func(line string) {
		if strings.Contains(line, "is not kept") {
			said++
		}
	}}
	if _, err := Run(t.Context(), teacher, student, load(t, filepath.Join(pair, "seeds.jsonl")), opts); err != nil || said != 1 {
		t.Errorf("said %d times, %v", said, err)
	}
	if done, _, err := Kept(keep); done != 0 || err != nil {
		t.Errorf("%d layers, %v", done, err)
	}
}

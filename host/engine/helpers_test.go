package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// backends are the ones that every test of numbers runs on: pure Go, and XLA where
// NUGGET_PJRT names a library. With NUGGET_REQUIRE_XLA it must.
func backends(t testing.TB) []string {
	t.Helper()
	if path := os.Getenv("NUGGET_PJRT"); path != "" {
		return []string{"go", "xla:" + path}
	}
	if os.Getenv("NUGGET_REQUIRE_XLA") != "" {
		t.Fatal("NUGGET_REQUIRE_XLA is set and NUGGET_PJRT is not: XLA is not tested")
	}
	return []string{"go"}
}

// onEach runs a test on every backend.
func onEach(t *testing.T, test func(t *testing.T, backend string)) {
	for _, backend := range backends(t) {
		t.Run(filepath.Base(backend), func(t *testing.T) { test(t, backend) })
	}
}

const tiny = "../../testdata/tiny"

// variants are the folders of testdata/tiny that hold a checkpoint with goldens.
func variants(t testing.TB) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(tiny, "*", "golden.json"))
	if err != nil || len(found) < 20 {
		t.Fatalf("%d checkpoints in %s, expected at least 20 (%v)", len(found), tiny, err)
	}
	for i, path := range found {
		found[i] = filepath.Base(filepath.Dir(path))
	}
	return found
}

// open opens a checkpoint and asks a real plugin about it.
func open(t testing.TB, path string) (*checkpoint.Checkpoint, *arch.Architecture) {
	t.Helper()
	ck, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ck.Close() })
	return ck, plugintest.Describe(t, ck)
}

// start prepares a checkpoint to be run.
func start(t testing.TB, ck *checkpoint.Checkpoint, a *arch.Architecture, opts engine.Options) *engine.Engine {
	t.Helper()
	e, err := engine.New(context.Background(), ck, a, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// samples reads a file of token ids.
func samples(t testing.TB, path string) []engine.Sample {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := (&seeds.Encoder{}).Load(f, path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

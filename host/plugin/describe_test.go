package plugin_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Real checkpoints by way of real processes: as many parameters as transformers counts.
func TestTinyCheckpointsAreDescribed(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/tiny/*/golden.json")
	if err != nil || len(goldens) < 12 {
		t.Fatalf("goldens %q, %v", goldens, err)
	}
	for _, path := range goldens {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var golden struct{ Parameters int }
			if err := json.Unmarshal(raw, &golden); err != nil {
				t.Fatal(err)
			}
			ck, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer ck.Close()
			if got := parameters(plugintest.Describe(t, ck)); got != golden.Parameters {
				t.Errorf("%d parameters, want %d", got, golden.Parameters)
			}
		})
	}
}

// parameters counts entries of what is learned, tied weights once.
func parameters(a *arch.Architecture) int {
	n := 0
	for _, m := range a.Modules {
		if m.TiedTo == "" {
			n += m.Out * max(1, m.In)
		}
		if m.Bias != nil {
			n += m.Out
		}
	}
	return n
}

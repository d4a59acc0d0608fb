package plugin_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
)

func TestTinyCheckpointsAreDescribed(t *testing.T) {
	dirs, err := filepath.Glob("../../testdata/tiny/*/golden.json")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no tiny checkpoints: %v", err)
	}
	for _, golden := range dirs {
		dir := filepath.Dir(golden)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			ck, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer ck.Close()
			begin := time.Now()
			a := plugintest.Describe(t, ck)
			t.Logf("%v: %d modules", time.Since(begin), len(a.Modules))
		})
	}
}

// Package archtest is the compliance kit for architecture plugins: one call of [Run]
// in a Go test asks a plugin, or its built binary, about checkpoints and checks what
// it says.
//
// What is checked, and that numbers are not, is in the comment of plugins/arch/archcheck,
// whose checks these are; `nugget plugins check` runs the same on a built plugin.
// Checkpoints come from folders ([Folder], [Folders]), from what transformers made of
// configurations ([Recorded]), or are written down ([GGUF]). [Fuzz] is the body of a
// fuzz test.
package archtest

import (
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archcheck"
)

// Checkpoint is one checkpoint that a plugin is asked about; its name is the subtest's.
type Checkpoint = archcheck.Checkpoint

// Attention is a layer's attention as it was computed elsewhere.
type Attention = archcheck.Attention

// Run checks a plugin on checkpoints, each in a subtest of its name.
func Run(t *testing.T, target Target, checkpoints ...Checkpoint) {
	t.Helper()
	t.Run("info", func(t *testing.T) { report(t, archcheck.Info(target)) })
	if len(checkpoints) == 0 {
		t.Error("no checkpoint to ask about")
	}
	for _, c := range checkpoints {
		t.Run(c.Name, func(t *testing.T) { report(t, archcheck.Check(target, c)...) })
	}
	t.Run("purity", func(t *testing.T) { report(t, archcheck.Together(target, checkpoints...)) })
}

func report(t *testing.T, results ...archcheck.Result) {
	t.Helper()
	for _, r := range results {
		for _, p := range r.Problems {
			if p.Note {
				t.Logf("%s: %v", r.Check, p)
			} else {
				t.Errorf("%s: %v", r.Check, p)
			}
		}
	}
}

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func described(t *testing.T, path ...string) *arch.Architecture {
	t.Helper()
	ck, err := checkpoint.Open(filepath.Join(append([]string{"../../testdata/tiny"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer ck.Close()
	return plugintest.Describe(t, ck)
}

func TestAModelIsTheSameButForRounding(t *testing.T) {
	for _, variant := range []string{"plain", "gemma2", "gpt2", "mixtral", "rope-llama3"} {
		if err := sameModel(described(t, variant), described(t, variant)); err != nil {
			t.Errorf("%s: %v", variant, err)
		}
	}
	rope := func(a *arch.Architecture) *archpb.Rope {
		for _, s := range a.Block(0).Steps {
			if r := s.GetRope(); r != nil {
				return r
			}
		}
		t.Fatal("no RoPE")
		return nil
	}
	for _, c := range []struct {
		name   string
		change func(*arch.Architecture)
		want   string
	}{
		{"rounding", func(a *arch.Architecture) { rope(a).Frequencies.InvFreq[1] *= 1 + 5e-7 }, ""},
		{"frequency", func(a *arch.Architecture) { rope(a).Frequencies.InvFreq[1] *= 1.001 }, "layer 0, step"},
		{"fewer frequencies", func(a *arch.Architecture) { rope(a).Frequencies.InvFreq = rope(a).Frequencies.InvFreq[1:] }, "entries there"},
		{"layers", func(a *arch.Architecture) { a.Layers = a.Layers[1:] }, "it has 2 layers, the file 3"},
		{"a module's size", func(a *arch.Architecture) { a.Module("lm_head").Out = 7 }, "lm_head is [7, 32] there, and [96, 32] in the file"},
		{"modules", func(a *arch.Architecture) { a.Modules = a.Modules[1:] }, "it has 29 modules, the file 30"},
		{"tensors", func(a *arch.Architecture) { a.Module("lm_head").Weight.Name = "output.weight" }, ""},
		{"steps", func(a *arch.Architecture) { a.Epilogue = a.Epilogue[:1] }, "after the layers has 1 steps there, and 2 in the file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, folder := described(t, "plain"), described(t, "plain")
			c.change(folder)
			err := sameModel(file, folder)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}

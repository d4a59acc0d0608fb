package archtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func TestKitComparesAttention(t *testing.T) {
	rope := &archpb.Rope{HeadDim: 4, Frequencies: &archpb.Frequencies{InvFreq: []float64{1, 0.01}}}
	blocks, layers := sdk.Blocks([]int{7, 0, 7}, func(window int) *archpb.Block {
		return sdk.Block("layer", sdk.Rope(rope), sdk.Attention(sdk.Heads{Count: 2, KV: 2, Dim: 4, Window: window, Softcap: 50}))
	})
	m := &archpb.Model{Blocks: blocks, Layers: layers}
	good := func() []Attention {
		a := Attention{Window: 7, Scale: 0.5, Softcap: 50, InvFreq: []float64{1, 0.01}, Magnitude: 1}
		full := a
		full.Window = 0
		return []Attention{a, full, a}
	}
	for _, c := range []struct {
		want  string
		spoil func(a []Attention) []Attention
	}{
		{"", func(a []Attention) []Attention { return a }},
		{"", func([]Attention) []Attention { return nil }},
		{"", func(a []Attention) []Attention { a[0].InvFreq = []float64{1, 0.01 * (1 + 1e-7)}; return a }},
		{"3 layers, expected 2", func(a []Attention) []Attention { return a[:2] }},
		{"layer 1: window 0, expected 7", func(a []Attention) []Attention { a[1].Window = 7; return a }},
		{"layer 2: scale 0.5, expected 0.25", func(a []Attention) []Attention { a[2].Scale = 0.25; return a }},
		{"layer 0: softcap 50, expected 0", func(a []Attention) []Attention { a[0].Softcap = 0; return a }},
		{"layer 0: RoPE of 2 frequencies, expected 0", func(a []Attention) []Attention { a[0].InvFreq = nil; return a }},
		{"layer 0: RoPE's frequency 1 is 0.01, expected 0.02", func(a []Attention) []Attention { a[0].InvFreq = []float64{1, 0.02}; return a }},
		{"layer 0: RoPE's magnitude is 1, expected 1.5", func(a []Attention) []Attention { a[0].Magnitude = 1.5; return a }},
	} {
		var got []string
		for _, err := range checkAttention(m, Checkpoint{Attention: c.spoil(good())}) {
			got = append(got, err.Error())
		}
		if joined := strings.Join(got, "\n"); joined != c.want {
			t.Errorf("%q, expected %q", joined, c.want)
		}
	}
}

func TestRecordedExpandsLayersAndExperts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "golden.json")
	text := `[{"name": "a", "config": {"model_type": "test"}, "parameters": 5, "tensors": [
		{"name": "embed.weight", "shape": [7, 4]},
		{"name": "layers.{layer}.norm.weight", "shape": [4], "layers": [0, 1]},
		{"name": "layers.{layer}.experts.{expert}.up.weight", "shape": [3, 4], "layers": [1], "experts": 2}],
		"ropes": [{"inv_freq": [1], "attention_factor": 2}], "kinds": [{"window": 0, "scale": 0.5, "softcap": 0, "rope": 0}, {"window": 3, "scale": 0.5, "softcap": 1, "rope": 0}],
		"layers": [1, 0]}]`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	c := Recorded(t, path)[0]
	var names []string
	for _, h := range c.Tensors {
		names = append(names, h.Name)
	}
	want := []string{"embed.weight", "layers.0.norm.weight", "layers.1.norm.weight", "layers.1.experts.0.up.weight", "layers.1.experts.1.up.weight"}
	if !slices.Equal(names, want) || c.Name != "a" || c.Parameters != 5 || !json.Valid(c.Config) {
		t.Errorf("%+v", c)
	}
	if len(c.Attention) != 2 || c.Attention[0].Window != 3 || c.Attention[0].Softcap != 1 || c.Attention[1].Window != 0 || c.Attention[1].Magnitude != 2 {
		t.Errorf("attention %+v", c.Attention)
	}
}

func TestGGUFExpandsLayers(t *testing.T) {
	c := GGUF(t, "file", map[string]any{"general.architecture": "test"}, 2, map[string][]int{"token_embd.weight": {7, 4}, "blk.{layer}.attn_norm.weight": {4}})
	if len(c.Tensors) != 3 || c.Tensors[0].Name != "blk.0.attn_norm.weight" || c.Tensors[1].Name != "blk.1.attn_norm.weight" || c.Tensors[1].DType != "F32" || !c.GGUF {
		t.Errorf("%+v", c)
	}
}

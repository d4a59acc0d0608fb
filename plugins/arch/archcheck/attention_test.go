package archcheck

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func TestAttentionIsCompared(t *testing.T) {
	rope := &archpb.Rope{HeadDim: 4, Frequencies: &archpb.Frequencies{InvFreq: []float64{1, 0.01}}}
	blocks, layers := sdk.Blocks([]int{7, 0, 7, 3}, func(window int) *archpb.Block {
		if window == 3 {
			return sdk.Block("layer", sdk.Attention(sdk.Heads{Count: 2, KV: 2, Dim: 4, AlibiSlopes: []float64{0.5, 0.25}}))
		}
		return sdk.Block("layer", sdk.Rope(rope), sdk.Attention(sdk.Heads{Count: 2, KV: 2, Dim: 4, Window: window, Softcap: 50}))
	})
	m := &archpb.Model{Blocks: blocks, Layers: layers}
	good := func() []Attention {
		a := Attention{Window: 7, Scale: 0.5, Softcap: 50, InvFreq: []float64{1, 0.01}, Magnitude: 1}
		full := a
		full.Window = 0
		return []Attention{a, full, a, {Scale: 0.5, AlibiSlopes: []float64{0.5, 0.25}}}
	}
	for _, c := range []struct {
		want  string
		spoil func(a []Attention) []Attention
	}{
		{"", func(a []Attention) []Attention { return a }},
		{"", func(a []Attention) []Attention { a[0].InvFreq = []float64{1, 0.01 * (1 + 1e-7)}; return a }},
		{"layers: found 4, expected 2", func(a []Attention) []Attention { return a[:2] }},
		{"layer 1's window: found 0, expected 7", func(a []Attention) []Attention { a[1].Window = 7; return a }},
		{"layer 2's scale: found 0.5, expected 0.25", func(a []Attention) []Attention { a[2].Scale = 0.25; return a }},
		{"layer 0's softcap: found 50, expected 0", func(a []Attention) []Attention { a[0].Softcap = 0; return a }},
		{"layer 0's number of RoPE frequencies: found 2, expected 0", func(a []Attention) []Attention { a[0].InvFreq = nil; return a }},
		{"layer 0's RoPE frequency 1: found 0.01, expected 0.02", func(a []Attention) []Attention { a[0].InvFreq = []float64{1, 0.02}; return a }},
		{"layer 3's number of RoPE frequencies: found 0, expected 2", func(a []Attention) []Attention { a[3].InvFreq = []float64{1, 0.01}; return a }},
		{"layer 3's number of ALiBi slopes: found 2, expected 0", func(a []Attention) []Attention { a[3].AlibiSlopes = nil; return a }},
		{"layer 3's ALiBi slope 1: found 0.25, expected 0.125", func(a []Attention) []Attention { a[3].AlibiSlopes = []float64{0.5, 0.125}; return a }},
		{"layer 0's RoPE magnitude: found 1, expected 1.5", func(a []Attention) []Attention { a[0].Magnitude = 1.5; return a }},
	} {
		var got []string
		for _, p := range checkAttention(m, Checkpoint{Attention: c.spoil(good())}).Problems {
			got = append(got, p.String())
		}
		if joined := strings.Join(got, "\n"); joined != c.want {
			t.Errorf("%q, expected %q", joined, c.want)
		}
	}
}

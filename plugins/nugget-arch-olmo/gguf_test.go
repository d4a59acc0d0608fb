package main

import (
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 6, 2 of them for keys.
func metadata(more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": "olmo2", "olmo2.block_count": 5, "olmo2.context_length": 128, "olmo2.embedding_length": 24,
		"olmo2.feed_forward_length": 40, "olmo2.attention.head_count": 4, "olmo2.attention.head_count_kv": 2,
		"olmo2.attention.layer_norm_rms_epsilon": 1e-5, "olmo2.rope.freq_base": 5e5, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(more ...map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {31, 24}, "output_norm.weight": {24}, l + "post_attention_norm.weight": {24}, l + "post_ffw_norm.weight": {24},
		l + "attn_q.weight": {24, 24}, l + "attn_k.weight": {12, 24}, l + "attn_v.weight": {12, 24}, l + "attn_output.weight": {24, 24},
		l + "attn_q_norm.weight": {24}, l + "attn_k_norm.weight": {12},
		l + "ffn_gate.weight": {40, 24}, l + "ffn_up.weight": {40, 24}, l + "ffn_down.weight": {24, 40},
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

var (
	untied = map[string][]int{"output.weight": {31, 24}}
	window = map[string]any{"olmo2.attention.sliding_window": 7}
)

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	list := maps.Clone(window)
	list["olmo2.attention.sliding_window_pattern"] = []bool{true, true, false, false, true}
	return []archtest.Checkpoint{
		archtest.GGUF(t, "GGUF of OLMo 2", metadata(nil), 5, tensors(untied)),
		archtest.GGUF(t, "GGUF of OLMo 2, tied", metadata(nil), 5, tensors()),
		archtest.GGUF(t, "GGUF of OLMo 3", metadata(window), 5, tensors(untied)),
		archtest.GGUF(t, "GGUF of OLMo 3 with a list", metadata(list), 5, tensors(untied)),
	}
}

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()), ggufCheckpoints(t)...)
}

func describeFile(t *testing.T, metadata map[string]any) (*archpb.Model, error) {
	t.Helper()
	c := archtest.GGUF(t, "", metadata, 0, nil)
	return describe(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: c.Config})
}

func TestDescribeGGUFReadsLayers(t *testing.T) {
	with := func(more map[string]any) map[string]any {
		m := metadata(window)
		maps.Copy(m, more)
		return m
	}
	second := math.Pow(5e5, -1.0/3) // frequency of heads of 6
	for _, c := range []struct {
		name          string
		metadata      map[string]any
		family        string
		windows       [5]uint32
		full, sliding float64
	}{
		{"OLMo 2", metadata(nil), "olmo2", [5]uint32{}, second, 0},
		{"a window", with(nil), "olmo3", [5]uint32{7, 7, 7, 0, 7}, second, second},
		{"a pattern", with(map[string]any{"olmo2.attention.sliding_window_pattern": 2}), "olmo3", [5]uint32{7, 0, 7, 0, 7}, second, second},
		{"a list", with(map[string]any{"olmo2.attention.sliding_window_pattern": []bool{false, true, true, false, false}}), "olmo3", [5]uint32{0, 7, 7, 0, 0}, second, second},
		{"scaling is the full layers'", with(map[string]any{"olmo2.rope.scaling.type": "linear", "olmo2.rope.scaling.factor": 8.0}), "olmo3", [5]uint32{7, 7, 7, 0, 7}, second / 8, second},
	} {
		m, err := describeFile(t, c.metadata)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if m.Family != c.family {
			t.Errorf("%s: family %s", c.name, m.Family)
		}
		for i, window := range c.windows {
			want := c.full
			if window > 0 {
				want = c.sliding
			}
			for _, s := range m.Blocks[m.Layers[i]].Steps {
				if a := s.GetAttention(); a != nil && a.Window != window {
					t.Errorf("%s: layer %d: window %d, expected %d", c.name, i, a.Window, window)
				}
				if r := s.GetRope(); r != nil && math.Abs(r.Frequencies.InvFreq[1]-want) > 1e-6*want {
					t.Errorf("%s: layer %d: frequency %v, expected %v", c.name, i, r.Frequencies.InvFreq[1], want)
				}
			}
		}
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		metadata map[string]any
		want     string
	}{
		{metadata(map[string]any{"olmo2.rope.dimension_count": 4}), "metadata: olmo2.rope.dimension_count is 4, expected 6, the whole head"},
		{metadata(map[string]any{"olmo2.attention.sliding_window": -7}), "metadata: olmo2.attention.sliding_window is -7"},
		{metadata(map[string]any{"olmo2.attention.sliding_window": 7, "olmo2.attention.sliding_window_pattern": 0}), "metadata: olmo2.attention.sliding_window_pattern is 0"},
	} {
		if _, err := describeFile(t, c.metadata); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

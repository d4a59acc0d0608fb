package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 6, 2 of them for keys.
func metadata(name string, more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": name, name + ".block_count": 5, name + ".context_length": 128, name + ".embedding_length": 24,
		name + ".feed_forward_length": 40, name + ".attention.head_count": 4, name + ".attention.head_count_kv": 2,
		name + ".attention.layer_norm_epsilon": 1e-4, name + ".rope.freq_base": 8e6, name + ".rope.scaling.type": "none",
		name + ".logit_scale": 0.0625, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(more ...map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {31, 24}, "output_norm.weight": {24}, l + "attn_norm.weight": {24},
		l + "attn_q.weight": {24, 24}, l + "attn_k.weight": {12, 24}, l + "attn_v.weight": {12, 24}, l + "attn_output.weight": {24, 24},
		l + "ffn_gate.weight": {40, 24}, l + "ffn_up.weight": {40, 24}, l + "ffn_down.weight": {24, 40},
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

var (
	headNorms = map[string][]int{"blk.{layer}.attn_q_norm.weight": {4, 6}, "blk.{layer}.attn_k_norm.weight": {2, 6}}
	biases    = map[string][]int{
		"blk.{layer}.attn_q.bias": {24}, "blk.{layer}.attn_k.bias": {12}, "blk.{layer}.attn_v.bias": {12}, "blk.{layer}.attn_output.bias": {24},
	}
	sliding = map[string]any{"cohere2.attention.sliding_window": 7, "cohere2.rope.dimension_count": 6}
)

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()),
		archtest.GGUF(t, "GGUF of Command R", metadata("command-r", nil), 5, tensors()),
		archtest.GGUF(t, "GGUF of Command R+", metadata("command-r", nil), 5, tensors(headNorms)),
		archtest.GGUF(t, "GGUF of Command R with biases", metadata("command-r", nil), 5, tensors(biases)),
		archtest.GGUF(t, "GGUF of Command R7B", metadata("cohere2", sliding), 5, tensors()),
	)
}

func describeFile(t *testing.T, metadata map[string]any) (*archpb.Model, error) {
	t.Helper()
	c := archtest.GGUF(t, "", metadata, 0, nil)
	return describe(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: c.Config})
}

func TestDescribeGGUFReadsLayers(t *testing.T) {
	with := func(pattern any) map[string]any {
		m := metadata("cohere2", sliding)
		m["cohere2.attention.sliding_window_pattern"] = pattern
		return m
	}
	for _, c := range []struct {
		metadata map[string]any
		family   string
		layers   string // what each does: turn in a window, turn, or neither
	}{
		{metadata("command-r", nil), "cohere", "ttttt"},
		{metadata("cohere2", sliding), "cohere2", "www-w"},
		{with(2), "cohere2", "w-w-w"},
		{with([]bool{false, true, true, true, false}), "cohere2", "-www-"},
	} {
		m, err := describeFile(t, c.metadata)
		if err != nil {
			t.Error(err)
			continue
		}
		got := ""
		for _, block := range m.Layers {
			does := "-"
			for _, s := range m.Blocks[block].Steps {
				if r := s.GetRope(); r != nil && r.Interleaved {
					does = "t"
				}
				if a := s.GetAttention(); a != nil && a.Window == 7 {
					does = "w"
				}
			}
			got += does
		}
		if got != c.layers || m.Family != c.family {
			t.Errorf("%s: layers %s, expected %s: %s", m.Family, got, c.family, c.layers)
		}
	}
}

func TestDescribeGGUFReadsValues(t *testing.T) {
	for scale, want := range map[float64]float64{0.0625: 0.0625, 0: 1} {
		m, err := describeFile(t, metadata("command-r", map[string]any{"command-r.logit_scale": scale}))
		if err != nil {
			t.Fatal(err)
		}
		if !logits(want)(m) || !norms(func(n *archpb.Norm) bool { return n.Eps == 1e-4 })(m) {
			t.Errorf("logit_scale %v: %v", scale, m)
		}
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		metadata map[string]any
		want     string
	}{
		{metadata("cohere2", nil), "metadata: cohere2.attention.sliding_window is missing"},
		{metadata("command-r", map[string]any{"command-r.rope.dimension_count": 4}), "metadata: command-r.rope.dimension_count is 4, expected 6, the whole head"},
		{metadata("command-r", map[string]any{"command-r.logit_scale": "a"}), `metadata: command-r.logit_scale is "a", expected a number`},
	} {
		if _, err := describeFile(t, c.metadata); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

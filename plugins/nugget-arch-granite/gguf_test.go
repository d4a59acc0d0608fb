package main

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 6, 2 of them for keys.
func metadata(more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": "granite", "granite.block_count": 2, "granite.context_length": 128, "granite.embedding_length": 24,
		"granite.feed_forward_length": 40, "granite.attention.head_count": 4, "granite.attention.head_count_kv": 2,
		"granite.attention.layer_norm_rms_epsilon": 1e-5, "granite.rope.freq_base": 5e6, "granite.rope.dimension_count": 6,
		"granite.attention.scale": 0.25, "granite.embedding_scale": 12.0, "granite.residual_scale": 0.22, "granite.logit_scale": 8.0,
		"tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(more ...map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {31, 24}, "output_norm.weight": {24}, l + "attn_norm.weight": {24}, l + "ffn_norm.weight": {24},
		l + "attn_q.weight": {24, 24}, l + "attn_k.weight": {12, 24}, l + "attn_v.weight": {12, 24}, l + "attn_output.weight": {24, 24},
		l + "ffn_gate.weight": {40, 24}, l + "ffn_up.weight": {40, 24}, l + "ffn_down.weight": {24, 40},
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

var (
	untied = map[string][]int{"output.weight": {31, 24}}
	biases = map[string][]int{
		"blk.{layer}.attn_q.bias": {24}, "blk.{layer}.attn_k.bias": {12}, "blk.{layer}.attn_v.bias": {12}, "blk.{layer}.attn_output.bias": {24},
		"blk.{layer}.ffn_gate.bias": {40}, "blk.{layer}.ffn_up.bias": {40}, "blk.{layer}.ffn_down.bias": {24},
	}
)

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	return []archtest.Checkpoint{
		archtest.GGUF(t, "GGUF of Granite", metadata(nil), 2, tensors()),
		archtest.GGUF(t, "GGUF of Granite, untied, with biases", metadata(nil), 2, tensors(untied, biases)),
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

func TestDescribeGGUFReadsMultipliers(t *testing.T) {
	none := map[string]any{"granite.attention.scale": 0, "granite.embedding_scale": 0, "granite.residual_scale": 0, "granite.logit_scale": 0}
	for _, c := range []struct {
		metadata map[string]any
		scales   []float64
		scores   float64
	}{
		{metadata(nil), []float64{12, 0.22, 0.22, 1.0 / 8}, 0.25},
		{metadata(none), []float64{1, 1, 1, 1}, 1 / math.Sqrt(6)},
	} {
		m, err := describeFile(t, c.metadata)
		if err != nil {
			t.Fatal(err)
		}
		if got := scales(m); !slices.Equal(got, c.scales) || scores(m) != c.scores {
			t.Errorf("multipliers %v, scores %v, expected %v, %v", got, scores(m), c.scales, c.scores)
		}
	}
}

// The rows of q and k lie in llama.cpp's order, and their biases, too.
func TestDescribeGGUFInterleavesHeads(t *testing.T) {
	c := ggufCheckpoints(t)[1]
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: c.Config}
	for _, h := range c.Tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: h.Name})
	}
	m, err := describe(req)
	if err != nil {
		t.Fatal(err)
	}
	a, err := arch.New(m, c.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	for path, heads := range map[string]int{"q_proj": 4, "k_proj": 2, "v_proj": 0, "o_proj": 0} {
		module := a.Module("model.layers.1.self_attn." + path)
		if module.Weight.Layout.InterleavedHeads != heads || module.Bias.Layout.InterleavedHeads != heads {
			t.Errorf("%s reads %+v and %+v", path, module.Weight, *module.Bias)
		}
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		metadata map[string]any
		want     string
	}{
		{metadata(map[string]any{"granite.rope.scaling.finetuned": false}), "metadata: granite.rope.scaling.finetuned is false, expected true"},
		{metadata(map[string]any{"granite.residual_scale": -1}), "metadata: granite.residual_scale is -1, expected a number of at least 0"},
		{metadata(map[string]any{"granite.rope.dimension_count": 4}), "metadata: granite.rope.dimension_count is 4, expected 6, the whole head"},
	} {
		if _, err := describeFile(t, c.metadata); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

package main

import (
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 10, 2 of them for keys.
func metadata(name string, more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": name, name + ".block_count": 7, name + ".context_length": 128, name + ".embedding_length": 24,
		name + ".feed_forward_length": 40, name + ".attention.head_count": 4, name + ".attention.head_count_kv": 2,
		name + ".attention.key_length": 10, name + ".attention.value_length": 10,
		name + ".attention.layer_norm_rms_epsilon": 1e-6, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func tensors(more ...map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {31, 24}, "output_norm.weight": {24}, l + "attn_norm.weight": {24}, l + "ffn_norm.weight": {24},
		l + "attn_q.weight": {40, 24}, l + "attn_k.weight": {20, 24}, l + "attn_v.weight": {20, 24}, l + "attn_output.weight": {24, 40},
		l + "ffn_gate.weight": {40, 24}, l + "ffn_up.weight": {40, 24}, l + "ffn_down.weight": {24, 40},
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

var (
	postNorms = map[string][]int{"blk.{layer}.post_attention_norm.weight": {24}, "blk.{layer}.post_ffw_norm.weight": {24}}
	headNorms = map[string][]int{"blk.{layer}.attn_q_norm.weight": {10}, "blk.{layer}.attn_k_norm.weight": {10}}
)

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	three := map[string]any{"gemma3.rope.freq_base": 1e6, "gemma3.attention.sliding_window": 5}
	real := archtest.GGUF(t, "GGUF of Gemma 3 270M", map[string]any{
		"general.architecture": "gemma3", "gemma3.context_length": 32768, "gemma3.embedding_length": 640, "gemma3.block_count": 18,
		"gemma3.feed_forward_length": 2048, "gemma3.attention.head_count": 4, "gemma3.attention.layer_norm_rms_epsilon": 9.999999974752427e-07,
		"gemma3.attention.key_length": 256, "gemma3.attention.value_length": 256, "gemma3.rope.freq_base": 1e6,
		"gemma3.attention.sliding_window": 512, "gemma3.attention.head_count_kv": 1, "tokenizer.ggml.tokens": map[string]int{"length": 262144},
	}, 18, map[string][]int{
		"output_norm.weight": {640}, "token_embd.weight": {262144, 640}, "blk.{layer}.attn_k.weight": {256, 640}, "blk.{layer}.attn_k_norm.weight": {256},
		"blk.{layer}.attn_norm.weight": {640}, "blk.{layer}.attn_output.weight": {640, 1024}, "blk.{layer}.attn_q.weight": {1024, 640},
		"blk.{layer}.attn_q_norm.weight": {256}, "blk.{layer}.attn_v.weight": {256, 640}, "blk.{layer}.ffn_down.weight": {640, 2048},
		"blk.{layer}.ffn_gate.weight": {2048, 640}, "blk.{layer}.ffn_norm.weight": {640}, "blk.{layer}.ffn_up.weight": {2048, 640},
		"blk.{layer}.post_attention_norm.weight": {640}, "blk.{layer}.post_ffw_norm.weight": {640},
	})
	real.Parameters = 268098176
	return []archtest.Checkpoint{
		real,
		archtest.GGUF(t, "GGUF of Gemma", metadata("gemma", nil), 7, tensors()),
		archtest.GGUF(t, "GGUF of Gemma 2", metadata("gemma2", map[string]any{
			"gemma2.attention.sliding_window": 5, "gemma2.attn_logit_softcapping": 40.0, "gemma2.final_logit_softcapping": 20.0,
		}), 7, tensors(postNorms)),
		archtest.GGUF(t, "GGUF of Gemma 3", metadata("gemma3", three), 7, tensors(postNorms, headNorms)),
		archtest.GGUF(t, "GGUF of Gemma 3, untied", metadata("gemma3", three), 7, tensors(postNorms, headNorms, map[string][]int{"output.weight": {31, 24}})),
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

// attention is what a layer does, and RoPE's second frequency there.
func attention(m *archpb.Model, layer int) (a *archpb.Attention, frequency float64) {
	for _, s := range m.Blocks[m.Layers[layer]].Steps {
		if r := s.GetRope(); r != nil {
			frequency = r.Frequencies.InvFreq[1]
		}
		if s.GetAttention() != nil {
			a = s.GetAttention()
		}
	}
	return a, frequency
}

func TestDescribeGGUFReadsLayers(t *testing.T) {
	// Of heads of 10 the second frequency is theta^(-2/10).
	second := func(theta float64) float64 { return math.Pow(theta, -0.2) }
	three := func(more map[string]any) map[string]any {
		m := metadata("gemma3", map[string]any{"gemma3.rope.freq_base": 1e6, "gemma3.attention.sliding_window": 5})
		maps.Copy(m, more)
		return m
	}
	for _, c := range []struct {
		name     string
		metadata map[string]any
		windows  []uint32 // of each layer
		full     float64  // frequency
		sliding  float64
		scale    float64
		softcap  float64
	}{
		{"Gemma", metadata("gemma", nil), []uint32{0, 0, 0, 0, 0, 0, 0}, second(1e4), 0, 1 / math.Sqrt(10), 0},
		{"Gemma 2's defaults", metadata("gemma2", nil), []uint32{4096, 0, 4096, 0, 4096, 0, 4096}, second(1e4), second(1e4), 1 / math.Sqrt(10), 50},
		{"Gemma 2 of 46 layers", metadata("gemma2", map[string]any{"gemma2.block_count": 46}), []uint32{4096, 0}, second(1e4), second(1e4), 1 / math.Sqrt(6), 50},
		{"Gemma 3", three(nil), []uint32{5, 5, 5, 5, 5, 0, 5}, second(1e6), second(1e4), 1 / math.Sqrt(10), 0},
		{"Gemma 3 with a pattern", three(map[string]any{"gemma3.attention.sliding_window_pattern": 3}), []uint32{5, 5, 0, 5, 5, 0, 5}, second(1e6), second(1e4), 1 / math.Sqrt(10), 0},
		{"Gemma 3 with another base", three(map[string]any{"gemma3.rope.freq_base_swa": 500}), []uint32{5, 5, 5, 5, 5, 0, 5}, second(1e6), second(500), 1 / math.Sqrt(10), 0},
		{"Gemma 3 without a window", metadata("gemma3", map[string]any{"gemma3.rope.freq_base": 1e6}), []uint32{0, 0, 0, 0, 0, 0, 0}, second(1e6), 0, 1 / math.Sqrt(10), 0},
		{"Gemma 3 with scaling", three(map[string]any{"gemma3.rope.scaling.type": "linear", "gemma3.rope.scaling.factor": 8.0}), []uint32{5, 5, 5, 5, 5, 0, 5}, second(1e6) / 8, second(1e4), 1 / math.Sqrt(10), 0},
		{"Gemma 3 of 62 layers", three(map[string]any{"gemma3.block_count": 62}), []uint32{5, 5}, second(1e6), second(1e4), 1 / math.Sqrt(6), 0},
	} {
		m, err := describeFile(t, c.metadata)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i, window := range c.windows {
			a, f := attention(m, i)
			want := c.full
			if window > 0 {
				want = c.sliding
			}
			if a.Window != window || math.Abs(f-want) > 1e-6*want || math.Abs(a.Scale-c.scale) > 1e-15 || a.Softcap != c.softcap {
				t.Errorf("%s: layer %d: window %d, frequency %v, scale %v, softcap %v, expected %d, %v, %v, %v", c.name, i, a.Window, f, a.Scale, a.Softcap, window, want, c.scale, c.softcap)
			}
		}
	}
}

// A norm's tensor is what the formula multiplies by, which is 1 more than
// HuggingFace's weight.
func TestDescribeGGUFShiftsNorms(t *testing.T) {
	c := ggufCheckpoints(t)[3]
	m, err := describe(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_GGUF, Config: c.Config})
	if err != nil {
		t.Fatal(err)
	}
	a, err := arch.New(m, c.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range a.Modules {
		want := 0.0
		if module.Kind == arch.Norm {
			want = 1
		}
		if module.Weight.Layout.Offset != want {
			t.Errorf("%s: offset %v, expected %v", module.Path, module.Weight.Layout.Offset, want)
		}
	}
	before := a.Module("model.layers.3.pre_feedforward_layernorm")
	if before == nil || before.Weight.Name != "blk.3.ffn_norm.weight" {
		t.Errorf("the norm before the MLP is %+v", before)
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		metadata map[string]any
		want     string
	}{
		{metadata("gemma2", map[string]any{"gemma2.final_logit_softcapping": 0}), "metadata: gemma2.final_logit_softcapping is 0, expected a positive number"},
		{metadata("gemma3", map[string]any{"gemma3.attention.sliding_window": 5, "gemma3.attention.sliding_window_pattern": 0}), "metadata: gemma3.attention.sliding_window_pattern is 0"},
		{metadata("gemma3", map[string]any{"gemma3.rope.freq_base_swa": 0}), "metadata: gemma3.rope.freq_base_swa is 0, expected a positive number"},
		{metadata("gemma", map[string]any{"gemma.rope.dimension_count": 4}), "metadata: gemma.rope.dimension_count is 4, expected 10, the whole head"},
	} {
		if _, err := describeFile(t, c.metadata); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

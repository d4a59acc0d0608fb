package main

import (
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// metadata is that of a small file: hidden 24, 4 heads of 6, of which 4 entries turn.
func metadata(name string, more map[string]any) map[string]any {
	m := map[string]any{
		"general.architecture": name, name + ".block_count": 2, name + ".context_length": 128, name + ".embedding_length": 24,
		name + ".feed_forward_length": 40, name + ".attention.head_count": 4, name + ".attention.head_count_kv": 2,
		name + ".attention.layer_norm_epsilon": 1e-6, name + ".attention.layer_norm_rms_epsilon": 1e-6,
		name + ".rope.dimension_count": 4, "tokenizer.ggml.tokens": map[string]int{"length": 31},
	}
	maps.Copy(m, more)
	return m
}

func phi2Tensors() map[string][]int {
	all := make(map[string][]int)
	for name, shape := range map[string][]int{
		"output": {31, 24}, "output_norm": {24}, "blk.{layer}.attn_norm": {24}, "blk.{layer}.attn_q": {24, 24}, "blk.{layer}.attn_k": {12, 24},
		"blk.{layer}.attn_v": {12, 24}, "blk.{layer}.attn_output": {24, 24}, "blk.{layer}.ffn_up": {40, 24}, "blk.{layer}.ffn_down": {24, 40},
	} {
		all[name+".weight"], all[name+".bias"] = shape, shape[:1]
	}
	all["token_embd.weight"] = []int{31, 24}
	return all
}

func phi3Tensors(d, ffn, vocab, qkv int, more map[string][]int) map[string][]int {
	const l = "blk.{layer}."
	all := map[string][]int{
		"token_embd.weight": {vocab, d}, "output_norm.weight": {d}, l + "attn_norm.weight": {d}, l + "attn_qkv.weight": {qkv, d},
		l + "attn_output.weight": {d, d}, l + "ffn_norm.weight": {d}, l + "ffn_up.weight": {2 * ffn, d}, l + "ffn_down.weight": {d, ffn},
	}
	maps.Copy(all, more)
	return all
}

var factors = map[string][]int{"rope_factors_short.weight": {2}, "rope_factors_long.weight": {2}}

func ggufCheckpoints(t *testing.T) []archtest.Checkpoint {
	real := archtest.GGUF(t, "GGUF of Phi-3 mini 4k", map[string]any{
		"general.architecture": "phi3", "phi3.context_length": 4096, "phi3.embedding_length": 3072, "phi3.feed_forward_length": 8192, "phi3.block_count": 32,
		"phi3.attention.head_count": 32, "phi3.attention.head_count_kv": 32, "phi3.attention.layer_norm_rms_epsilon": 9.999999747378752e-06,
		"phi3.rope.dimension_count": 96, "phi3.rope.freq_base": 10000.0, "phi3.rope.scaling.original_context_length": 4096,
		"phi3.attention.sliding_window": 2047, "tokenizer.ggml.tokens": map[string]int{"length": 32064},
	}, 32, phi3Tensors(3072, 8192, 32064, 9216, map[string][]int{"output.weight": {32064, 3072}}))
	real.Parameters = 3821079552
	return []archtest.Checkpoint{
		real,
		archtest.GGUF(t, "GGUF of Phi", metadata("phi2", nil), 2, phi2Tensors()),
		archtest.GGUF(t, "GGUF of Phi-3, tied", metadata("phi3", nil), 2, phi3Tensors(24, 40, 31, 48, nil)),
		archtest.GGUF(t, "GGUF of Phi-3 with factors", metadata("phi3", map[string]any{
			"phi3.rope.scaling.original_context_length": 32, "phi3.rope.scaling.attn_factor": 1.25,
		}), 2, phi3Tensors(24, 40, 31, 48, factors)),
	}
}

func TestDescribeGGUFIsSound(t *testing.T) {
	archtest.Run(t, archtest.Functions(plugin()), ggufCheckpoints(t)...)
}

func TestDescribeGGUFReadsValues(t *testing.T) {
	step := func(m *archpb.Model, i int) *archpb.Step { return m.Blocks[0].Steps[i] }
	for i, holds := range []func(m *archpb.Model) bool{
		func(m *archpb.Model) bool {
			return m.Family == "phi3" && step(m, 5).GetAttention().Window == 2047 && len(step(m, 3).GetRope().Frequencies.InvFreq) == 48
		},
		func(m *archpb.Model) bool {
			inv := step(m, 2).GetRope().Frequencies.InvFreq
			return m.Family == "phi" && len(inv) == 2 && math.Abs(inv[1]-0.01) < 1e-9 && step(m, 0).GetNorm().Eps == 1e-6 &&
				step(m, 9).GetActivation().GetFunction() == archpb.Activation_FUNCTION_GELU_TANH
		},
		func(m *archpb.Model) bool {
			return step(m, 5).GetAttention().Window == 0 && m.Epilogue[1].GetLinear().Module.TiedTo == "model.embed_tokens"
		},
		func(m *archpb.Model) bool {
			r := step(m, 3).GetRope()
			return r.Longer.Above == 32 && r.Frequencies.Divisors == "rope_factors_short.weight" && r.Longer.Frequencies.Divisors == "rope_factors_long.weight" &&
				r.Frequencies.Magnitude == 1.25 && r.Longer.Frequencies.Magnitude == 1.25
		},
	} {
		c := ggufCheckpoints(t)[i]
		m, err := describe(c.Request())
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		} else if !holds(m) {
			t.Errorf("%s: %v", c.Name, m)
		}
	}
}

func TestDescribeGGUFRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		more map[string]any
		want string
	}{
		{"phi3", map[string]any{"phi3.rope.dimension_count": 8}, "metadata: phi3.rope.dimension_count is 8, expected an even number of at most 6, the width of a head"},
		{"phi2", map[string]any{"phi2.rope.dimension_count": 3}, "metadata: phi2.rope.dimension_count is 3, expected an even number"},
		{"phi3", map[string]any{"phi3.attention.sliding_window": -1}, "metadata: phi3.attention.sliding_window is -1, expected an integer"},
		{"phi2", map[string]any{"phi2.feed_forward_length": nil}, "metadata: phi2.feed_forward_length is missing"},
	} {
		if _, err := describe(archtest.GGUF(t, "", metadata(c.name, c.more), 0, nil).Request()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %s", err, c.want)
		}
	}
}

package main

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, windows, scales and frequencies are those of
// transformers' own models; testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 18 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it, and as early releases
// saved the published ones.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 3 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func TestBinaryIsSound(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/gpt2*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), append(checkpoints, ggufCheckpoints(t)...)...)
}

func hf(config string, tensors ...string) *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
	for _, name := range tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: name})
	}
	return req
}

const small = `{"n_embd":8,"n_head":2,"vocab_size":5,"n_layer":2,"n_positions":7`

func TestDescribeReadsValues(t *testing.T) {
	steps := func(m *archpb.Model) []*archpb.Step { return m.Blocks[0].Steps }
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"eps by default", small + `}`, func(m *archpb.Model) bool {
			return steps(m)[0].GetNorm().Eps == 1e-5 && m.Epilogue[0].GetNorm().Eps == 1e-5
		}},
		{"eps", small + `,"layer_norm_epsilon":1e-3}`, func(m *archpb.Model) bool { return steps(m)[6].GetNorm().Eps == 1e-3 }},
		{"GELU by tanh by default", small + `}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"GELU", small + `,"activation_function":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
		{"hidden_act has no part in it", small + `,"hidden_act":"relu"}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"an MLP four times as wide", small + `}`, func(m *archpb.Model) bool { return steps(m)[7].GetLinear().Out == 32 }},
		{"one block for equal layers", small + `}`, func(m *archpb.Model) bool { return len(m.Blocks) == 1 && len(m.Layers) == 2 }},
		{"a block for each scale", small + `,"scale_attn_by_inverse_layer_idx":true}`, func(m *archpb.Model) bool {
			return len(m.Blocks) == 2 && m.Blocks[1].Steps[3].GetAttention().Scale == 0.25
		}},
		{"every map is a Conv1D", small + `}`, func(m *archpb.Model) bool {
			for _, s := range steps(m) {
				if l := s.GetLinear(); l != nil && !(l.FanInFanOut && l.Module.Layout.Transposed && l.Module.Bias) {
					return false
				}
			}
			return !m.Epilogue[1].GetLinear().FanInFanOut
		}},
		{"positions", small + `}`, func(m *archpb.Model) bool { return m.MaxPositions == 7 && m.Prologue[1].GetEmbed().Rows == 7 }},
	} {
		m, err := describe(hf(c.config))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !c.holds(m) {
			t.Errorf("%s: %v", c.name, m)
		}
	}
}

func activation(want archpb.Activation_Function) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool { return m.Blocks[0].Steps[8].GetActivation().GetFunction() == want }
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"n_embd":10,"n_head":4}`, "config.json: n_head is 4, expected a number that divides the hidden size, 10"},
		{`{"hidden_size":10,"num_attention_heads":4}`, "config.json: num_attention_heads is 4, expected a number that divides the hidden size, 10"},
		{`{"n_layer":0}`, "config.json: n_layer is 0, expected a positive integer"},
		{`{"n_inner":0}`, "config.json: n_inner is 0, expected a positive integer"},
		{`{"activation_function":"quick_gelu"}`, `config.json: activation_function is "quick_gelu", expected one of`},
		{`{"scale_attn_weights":1}`, "config.json: scale_attn_weights is 1, expected true or false"},
		{`{"reorder_and_upcast_attn":"no"}`, `config.json: reorder_and_upcast_attn is "no", expected true or false`},
		{`{"quantization_config":{"quant_method":"gptq"}}`, "config.json: quantization_config says that the weights are quantised (gptq)"},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// A model that could attend to an encoder has maps for it in every layer, and no use for
// them. Its masks are of both kinds of attention.
func TestDescribeIgnoresTheEncodersPart(t *testing.T) {
	m, err := describe(hf(small + `,"add_cross_attention":true}`))
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := arch.Needed(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"crossattention.q_attn.weight", "crossattention.c_attn.bias", "crossattention.bias", "ln_cross_attn.weight", "attn.bias", "attn.masked_bias"} {
		tensors = append(tensors, arch.TensorHeader{Name: "transformer.h.1." + name, DType: "F32", Shape: []int{1}})
	}
	if _, err := arch.New(m, tensors); err != nil {
		t.Error(err)
	}
	if m, err = describe(hf(small + `}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := arch.New(m, tensors); err == nil || !strings.Contains(err.Error(), "crossattention.bias") {
		t.Errorf("without add_cross_attention: error %v", err)
	}
}

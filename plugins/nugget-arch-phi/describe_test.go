package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, windows, scales and frequencies are those of
// transformers' own models; testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 32 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it, and as early releases
// saved the published ones.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 5 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func TestBinaryIsSound(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/phi*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), append(checkpoints, ggufCheckpoints(t)...)...)
}

func hf(config string, tensors ...string) *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
	for _, name := range tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: name})
	}
	return req
}

const (
	small = `"hidden_size":8,"num_attention_heads":2,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`
	one   = `{"model_type":"phi",` + small
	three = `{"model_type":"phi3",` + small
)

func TestDescribeReadsValues(t *testing.T) {
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"eps by default", one + `}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-5 && n.Kind == archpb.Norm_KIND_LAYER && n.Module.Bias })},
		{"eps", one + `,"layer_norm_eps":1e-3,"qk_layernorm":true}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-3 })},
		{"eps of Phi-3", three + `,"rms_norm_eps":1e-3}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-3 && n.Kind == archpb.Norm_KIND_RMS })},
		{"GELU by tanh by default", one + `}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"silu by default in Phi-3", three + `}`, activation(archpb.Activation_FUNCTION_SILU)},
		{"relu", one + `,"hidden_act":"relu"}`, activation(archpb.Activation_FUNCTION_RELU)},
		{"the unembedding's bias", one + `}`, func(m *archpb.Model) bool { return m.Epilogue[1].GetLinear().Module.Bias }},
		{"no bias of Phi-3's", three + `}`, func(m *archpb.Model) bool { return !m.Epilogue[1].GetLinear().Module.Bias }},
		{"positions", three + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
		{"short and long", three + `,"max_position_embeddings":77,"original_max_position_embeddings":9,"rope_scaling":{"type":"longrope","short_factor":[1,2],"long_factor":[4,8]}}`, func(m *archpb.Model) bool {
			r := m.Blocks[0].Steps[3].GetRope()
			return r.Longer.Above == 9 && r.Frequencies.InvFreq[0] == 1 && r.Longer.Frequencies.InvFreq[0] == 0.25
		}},
	} {
		m, err := describe(hf(c.config))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !c.holds(m) {
			t.Errorf("%s: %v", c.name, m)
		}
	}
}

func norms(holds func(*archpb.Norm) bool) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool {
		steps := append(slices.Clone(m.Blocks[0].Steps), m.Epilogue...)
		return !slices.ContainsFunc(steps, func(s *archpb.Step) bool { return s.GetNorm() != nil && !holds(s.GetNorm()) })
	}
}

func activation(want archpb.Activation_Function) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool {
		return slices.ContainsFunc(m.Blocks[0].Steps, func(s *archpb.Step) bool { return s.GetActivation() != nil && s.GetActivation().Function == want })
	}
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{one + `,"partial_rotary_factor":0.3}`, "config.json: head_dim is 4, of which RoPE rotates 1 entries, expected an even number"},
		{one + `,"head_dim":6,"qk_layernorm":true}`, "config.json: head_dim is 6, expected 4, the heads' share of hidden_size, with qk_layernorm"},
		{one + `,"rope_scaling":{"type":"su"}}`, `config.json: rope_scaling has rope_type "su", expected one of default, linear`},
		{three + `,"rope_scaling":{"type":"linear","factor":2}}`, `config.json: rope_scaling has rope_type "linear", expected one of default, longrope, su, yarn`},
		{three + `,"rope_scaling":{"type":"longrope","short_factor":[1,1],"long_factor":[1]}}`, "config.json: rope_scaling.long_factor has 1 numbers, expected 2"},
		{three + `,"rope_scaling":{"type":"longrope","short_factor":[1,0],"long_factor":[1,1]}}`, "config.json: rope_scaling.short_factor has 0, expected positive numbers"},
		{three + `,"sliding_window":0}`, "config.json: sliding_window is 0, expected a positive integer"},
		{three + `,"quantization_config":{"quant_method":"awq"}}`, "config.json: quantization_config says that the weights are quantised (awq)"},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{
		`{}`, one + `,"qk_layernorm":true}`, three + `,"sliding_window":3}`,
		three + `,"rope_scaling":{"type":"longrope","short_factor":[1,2],"long_factor":[4,8]}}`,
	} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"phi3","phi3.embedding_length":8,"phi3.block_count":2,"phi3.context_length":9,"phi3.vocab_size":4,`+
		`"phi3.attention.head_count":2,"phi3.feed_forward_length":3,"phi3.attention.sliding_window":2}`), true, "rope_factors_short.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

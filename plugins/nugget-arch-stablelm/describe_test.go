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
	if len(checkpoints) < 14 {
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
	checkpoints := archtest.Folders(t, "../../testdata/tiny/stablelm*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), append(checkpoints, ggufCheckpoints(t)...)...)
}

func hf(config string, tensors ...string) *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
	for _, name := range tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: name})
	}
	return req
}

const small = `{"hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6,"partial_rotary_factor":0.5`

func TestDescribeReadsValues(t *testing.T) {
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"eps by default", small + `}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-5 && n.Module.Bias })},
		{"eps of all norms", small + `,"layer_norm_eps":1e-3,"qk_layernorm":true}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-3 })},
		{"heads' norms have no bias", small + `,"qk_layernorm":true}`, norms(func(n *archpb.Norm) bool { return n.Module.Bias == (n.Width == 8) })},
		{"silu by default", small + `}`, activation(archpb.Activation_FUNCTION_SILU)},
		{"relu", small + `,"hidden_act":"relu"}`, activation(archpb.Activation_FUNCTION_RELU)},
		{"the MLP reads what attention reads", small + `,"use_parallel_residual":true}`, func(m *archpb.Model) bool {
			steps := m.Blocks[0].Steps
			return len(steps) == 14 && len(steps[13].In) == 3 && steps[8].In[0] == "x"
		}},
		{"positions", small + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
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
		{`{"hidden_size":10,"num_attention_heads":4}`, "config.json: num_attention_heads is 4, expected a number that divides hidden_size, 10"},
		{small + `,"head_dim":6}`, "config.json: head_dim is 6, expected 4, the heads' share of hidden_size"},
		{`{"hidden_size":8,"num_attention_heads":2}`, "config.json: head_dim is 4, of which RoPE rotates 1 entries, expected an even number"},
		{`{"hidden_size":4096,"num_attention_heads":512,"num_key_value_heads":512,"qk_layernorm":true}`,
			"config.json: num_attention_heads and num_key_value_heads are 1024 together, expected at most 1000 with qk_layernorm"},
		{small + `,"use_qkv_bias":0}`, "config.json: use_qkv_bias is 0, expected true or false"},
		{small + `,"quantization_config":{"quant_method":"awq"}}`, "config.json: quantization_config says that the weights are quantised (awq)"},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{`{}`, small + `}`, small + `,"qk_layernorm":true,"use_parallel_residual":true,"use_qkv_bias":true}`} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"stablelm","stablelm.embedding_length":8,"stablelm.block_count":2,"stablelm.context_length":9,`+
		`"stablelm.vocab_size":4,"stablelm.attention.head_count":2,"stablelm.feed_forward_length":3}`), true, "blk.0.attn_q_norm.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

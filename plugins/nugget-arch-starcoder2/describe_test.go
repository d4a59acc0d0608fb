package main

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, windows, scales and frequencies are those of
// transformers' own models; testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 13 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it, and as early releases
// saved the published ones.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 2 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func TestBinaryIsSound(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/starcoder2*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), append(checkpoints, ggufCheckpoints(t)...)...)
}

func hf(config string, tensors ...string) *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
	for _, name := range tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: name})
	}
	return req
}

const small = `{"hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`

func TestDescribeReadsValues(t *testing.T) {
	steps := func(m *archpb.Model) []*archpb.Step { return m.Blocks[0].Steps }
	activation := func(want archpb.Activation_Function) func(m *archpb.Model) bool {
		return func(m *archpb.Model) bool { return steps(m)[11].GetActivation().GetFunction() == want }
	}
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"eps by default", small + `}`, func(m *archpb.Model) bool { return steps(m)[0].GetNorm().Eps == 1e-5 }},
		{"eps", small + `,"norm_epsilon":1e-3,"layer_norm_epsilon":7}`, func(m *archpb.Model) bool { return m.Epilogue[0].GetNorm().Eps == 1e-3 }},
		{"GELU by tanh by default", small + `,"activation_function":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"GELU", small + `,"hidden_act":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
		{"norms keep their biases", small + `,"use_bias":false}`, func(m *archpb.Model) bool {
			return steps(m)[9].GetNorm().Module.Bias && !steps(m)[10].GetLinear().Module.Bias
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

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{small + `,"sliding_window":0}`, "config.json: sliding_window is 0, expected a positive integer"},
		{small + `,"head_dim":5}`, "config.json: head_dim is 5, of which RoPE rotates 5 entries, expected an even number"},
		{small + `,"norm_epsilon":-1}`, "config.json: norm_epsilon is -1, expected a number of at least 0"},
		{small + `,"use_bias":"yes"}`, `config.json: use_bias is "yes", expected true or false`},
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
	for _, config := range []string{`{}`, small + `}`, small + `,"use_bias":false,"sliding_window":3,"rope_scaling":{"type":"dynamic","factor":2}}`} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"starcoder2","starcoder2.embedding_length":8,"starcoder2.block_count":2,"starcoder2.context_length":9,`+
		`"starcoder2.vocab_size":4,"starcoder2.attention.head_count":2,"starcoder2.feed_forward_length":3}`), true, "blk.0.attn_q.bias")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

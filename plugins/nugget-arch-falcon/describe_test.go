package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts and attention are those of transformers' own models;
// testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 16 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 3 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const small = `{"model_type":"falcon","hidden_size":8,"num_attention_heads":4,"vocab_size":5,"num_hidden_layers":2,"ffn_hidden_size":6`

var values = []struct {
	name, config string
	holds        func(*archpb.Model) bool
}{
	{"eps", small + `,"layer_norm_epsilon":1e-4}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[0].GetNorm().Eps == 1e-4 && m.Epilogue[0].GetNorm().Eps == 1e-4
	}},
	{"one head of keys", small + `}`, parts(1, 8, 2, 2)},
	{"groups of heads", small + `,"new_decoder_architecture":true,"num_kv_heads":2}`, parts(2, 4, 2, 2)},
	{"keys for every head", small + `,"multi_query":false}`, parts(4, 2, 2, 2)},
	{"gelu by default", small + `}`, activation(archpb.Activation_FUNCTION_GELU)},
	{"relu", small + `,"activation":"relu"}`, activation(archpb.Activation_FUNCTION_RELU)},
	{"side by side", small + `}`, last("h attended changed")},
	{"one after the other", small + `,"parallel_attn":false}`, last("r changed")},
	{"positions", small + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
}

func parts(groups uint32, sizes ...uint32) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool {
		p := m.Blocks[0].Steps[1].GetLinear().Parts
		return p.Groups == groups && slices.Equal(p.Sizes, sizes)
	}
}

func activation(want archpb.Activation_Function) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool { return m.Blocks[0].Steps[8].GetActivation().GetFunction() == want }
}

func last(in string) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool {
		return strings.Join(m.Blocks[0].Steps[len(m.Blocks[0].Steps)-1].In, " ") == in
	}
}

var refused = []struct{ config, want string }{
	{small + `,"alibi":true}`, "config.json: alibi is true, expected false: ALiBi of this family is not described"},
	{small + `,"num_attention_heads":3}`, "config.json: num_attention_heads is 3, expected a number that divides hidden_size, 8"},
	{small + `,"num_kv_heads":3,"new_decoder_architecture":true}`, "config.json: num_kv_heads is 3, which cannot be shared by 4 heads"},
	{small + `,"num_kv_heads":2,"multi_query":false}`, "config.json: num_kv_heads is 2, which cannot be shared by 4 heads"},
	{small + `,"new_decoder_architecture":true,"parallel_attn":false}`, "config.json: parallel_attn is false, expected true beside new_decoder_architecture"},
	{small + `,"num_ln_in_parallel_attn":2}`, "config.json: num_ln_in_parallel_attn is 2, expected 1, or with new_decoder_architecture 2"},
	{small + `,"activation":"quick_gelu"}`, `config.json: activation is "quick_gelu", expected one of`},
	{small + `,"quantization_config":{"quant_method":"gptq"}}`, "config.json: quantization_config says that the weights are quantised (gptq)"},
}

func TestDescribeReadsValues(t *testing.T) {
	for _, c := range values {
		m, err := describe(hf(c.config))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !c.holds(m) {
			t.Errorf("%s: %v", c.name, m)
		}
	}
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range refused {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	f.Add([]byte("{}"), "embed_tokens.weight")
	for _, c := range values {
		f.Add([]byte(c.config), "embed_tokens.weight")
	}
	for _, c := range refused {
		f.Add([]byte(c.config), "embed_tokens.weight")
	}
	f.Fuzz(func(t *testing.T, config []byte, tensor string) {
		archtest.Fuzz(t, plugin(), config, false, tensor)
	})
}

package main

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts and attention are those of transformers' own models;
// testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 10 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 2 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const small = `{"model_type":"opt","hidden_size":8,"num_attention_heads":2,"vocab_size":5,"num_hidden_layers":2,"ffn_dim":6,"max_position_embeddings":9`

var values = []struct {
	name, config string
	holds        func(*archpb.Model) bool
}{
	{"positions begin at row 2", small + `}`, func(m *archpb.Model) bool {
		p := m.Prologue[1].GetEmbed()
		return p.Offset == 2 && p.Rows == 11 && m.MaxPositions == 9
	}},
	{"relu by default", small + `}`, activation(archpb.Activation_FUNCTION_RELU)},
	{"gelu", small + `,"activation_function":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
	{"norms before", small + `}`, order("norm linear linear linear attention linear combine norm linear activation linear combine")},
	{"norms behind", small + `,"do_layer_norm_before":false}`, order("linear linear linear attention linear combine norm linear activation linear combine norm")},
	{"no last norm beside them", small + `,"do_layer_norm_before":false}`, func(m *archpb.Model) bool { return len(m.Epilogue) == 1 }},
	{"no last norm", small + `,"_remove_final_layer_norm":true}`, func(m *archpb.Model) bool { return len(m.Epilogue) == 1 }},
	{"PyTorch's eps", small + `}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[0].GetNorm().Eps == 1e-5 && m.Epilogue[0].GetNorm().Eps == 1e-5
	}},
}

func activation(want archpb.Activation_Function) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool { return m.Blocks[0].Steps[9].GetActivation().GetFunction() == want }
}

// order is the kinds of the block's steps.
func order(want string) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool {
		var kinds []string
		for _, s := range m.Blocks[0].Steps {
			kinds = append(kinds, s.Kind)
		}
		return strings.Join(kinds, " ") == want
	}
}

var refused = []struct{ config, want string }{
	{small + `,"word_embed_proj_dim":4}`, "config.json: word_embed_proj_dim is 4, expected 8, the hidden_size: projected embeddings are not described"},
	{small + `,"num_attention_heads":3}`, "config.json: num_attention_heads is 3, expected a number that divides hidden_size, 8"},
	{small + `,"enable_bias":"no"}`, `config.json: enable_bias is "no", expected true or false`},
	{small + `,"activation_function":"quick_gelu"}`, `config.json: activation_function is "quick_gelu", expected one of`},
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

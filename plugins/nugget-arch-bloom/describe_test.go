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
	if len(checkpoints) < 14 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 1 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const small = `{"model_type":"bloom","hidden_size":8,"n_head":2,"vocab_size":5,"n_layer":2`

var values = []struct {
	name, config string
	holds        func(*archpb.Model) bool
}{
	{"eps", small + `,"layer_norm_epsilon":1e-4}`, func(m *archpb.Model) bool {
		return m.Prologue[1].GetNorm().Eps == 1e-4 && m.Blocks[0].Steps[0].GetNorm().Eps == 1e-4 && m.Epilogue[0].GetNorm().Eps == 1e-4
	}},
	{"each head has q, k and v", small + `}`, func(m *archpb.Model) bool {
		p := m.Blocks[0].Steps[1].GetLinear().Parts
		return p.Groups == 2 && p.Sizes[0] == 4 && p.Roles[1] == archpb.Role_ROLE_K
	}},
	{"the stream is added to", small + `}`, residual("h", "r")},
	{"the norms are added to", small + `,"apply_residual_connection_post_layernorm":true}`, residual("x", "y")},
	{"no limit of positions", small + `,"seq_length":7}`, func(m *archpb.Model) bool { return m.MaxPositions == 0 }},
}

func residual(first, second string) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool {
		steps := m.Blocks[0].Steps
		return steps[5].In[0] == first && steps[len(steps)-1].In[0] == second
	}
}

var refused = []struct{ config, want string }{
	{small + `,"n_head":3}`, "config.json: n_head is 3, expected a number that divides hidden_size, 8"},
	{small + `,"n_embed":0}`, "config.json: n_embed is 0, expected a positive integer"},
	{small + `,"num_hidden_layers":0}`, "config.json: num_hidden_layers is 0, expected a positive integer"},
	{small + `,"layer_norm_epsilon":-1}`, "config.json: layer_norm_epsilon is -1, expected a number of at least 0"},
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

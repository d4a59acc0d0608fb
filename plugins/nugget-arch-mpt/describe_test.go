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
	if len(checkpoints) < 13 {
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

const small = `{"model_type":"mpt","d_model":8,"n_heads":2,"vocab_size":5,"n_layers":2`

var values = []struct {
	name, config string
	holds        func(*archpb.Model) bool
}{
	{"eps, and no biases", small + `,"layer_norm_epsilon":1e-4}`, func(m *archpb.Model) bool {
		n := m.Blocks[0].Steps[0].GetNorm()
		return n.Eps == 1e-4 && !n.Module.Bias && m.Epilogue[0].GetNorm().Eps == 1e-4
	}},
	{"q, k and v follow one another", small + `}`, func(m *archpb.Model) bool {
		p := m.Blocks[0].Steps[1].GetLinear().Parts
		return p.Groups == 1 && p.Sizes[2] == 8 && p.Roles[2] == archpb.Role_ROLE_V
	}},
	{"nothing to clip", small + `,"attn_config":{"clip_qkv":0}}`, func(m *archpb.Model) bool { return len(m.Blocks) == 1 }},
	{"positions", small + `,"max_seq_len":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
}

var refused = []struct{ config, want string }{
	{small + `,"attn_config":{"clip_qkv":6}}`, "config.json: attn_config.clip_qkv is 6, expected null: clipped queries, keys and values are not described"},
	{small + `,"attn_config":{"softmax_scale":0}}`, "config.json: attn_config.softmax_scale is 0, expected a positive number"},
	{small + `,"attn_config":[]}`, "config.json: attn_config is [], expected an object"},
	{small + `,"n_heads":3}`, "config.json: n_heads is 3, expected a number that divides hidden_size, 8"},
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

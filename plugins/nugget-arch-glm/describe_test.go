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
	if len(checkpoints) < 12 {
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

const (
	small = `"hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"head_dim":4,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`
	one   = `{"model_type":"glm",` + small
	four  = `{"model_type":"glm4",` + small
)

var values = []struct {
	name, config string
	holds        func(*archpb.Model) bool
}{
	{"eps by default", one + `}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[0].GetNorm().Eps == 1.5625e-7 && m.Epilogue[0].GetNorm().Eps == 1.5625e-7
	}},
	{"eps", four + `,"rms_norm_eps":1e-5}`, func(m *archpb.Model) bool { return m.Blocks[0].Steps[8].GetNorm().Eps == 1e-5 }},
	{"half of a head rotates, in adjacent pairs", one + `}`, func(m *archpb.Model) bool {
		r := m.Blocks[0].Steps[2].GetRope()
		return r.Interleaved && len(r.Frequencies.InvFreq) == 1
	}},
	{"the gate comes first", one + `}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[10].GetLinear().GetParts().GetRoles()[0] == archpb.Role_ROLE_GATE && m.Blocks[0].Steps[12].In[0] == m.Blocks[0].Steps[11].Out[0]
	}},
	{"gelu", one + `,"hidden_act":"gelu"}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[12].GetActivation().GetFunction() == archpb.Activation_FUNCTION_GELU
	}},
	{"positions", one + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
	{"family", four + `}`, func(m *archpb.Model) bool { return m.Family == "glm4" }},
}

var refused = []struct{ config, want string }{
	{one + `,"partial_rotary_factor":0.8}`, "config.json: head_dim is 4, of which RoPE rotates 3 entries, expected an even number"},
	{four + `,"partial_rotary_factor":0}`, "config.json: partial_rotary_factor is 0, expected a number above 0, at most 1"},
	{one + `,"hidden_act":"quick_gelu"}`, `config.json: hidden_act is "quick_gelu", expected one of`},
	{one + `,"intermediate_size":0}`, "config.json: intermediate_size is 0, expected a positive integer"},
	{four + `,"quantization_config":{"quant_method":"gptq"}}`, "config.json: quantization_config says that the weights are quantised (gptq)"},
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

package main

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts and attention are those of transformers' own models;
// testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 7 {
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

const small = `{"model_type":"gptj","n_embd":8,"n_head":2,"rotary_dim":4,"vocab_size":5,"n_layer":2`

var values = []struct {
	name, config string
	holds        func(*archpb.Model) bool
}{
	{"eps", small + `,"layer_norm_epsilon":1e-4}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[0].GetNorm().Eps == 1e-4 && m.Epilogue[0].GetNorm().Eps == 1e-4
	}},
	{"RoPE turns adjacent pairs", small + `,"rotary_dim":2}`, func(m *archpb.Model) bool {
		r := m.Blocks[0].Steps[2].GetRope()
		return r.Interleaved && r.HeadDim == 4 && len(r.Frequencies.InvFreq) == 1
	}},
	{"GELU by tanh by default", small + `}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
	{"gelu", small + `,"activation_function":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
	{"a tied head has its own bias", small + `,"tie_word_embeddings":true}`, func(m *archpb.Model) bool {
		head := m.Epilogue[1].GetLinear().Module
		return head.Bias && head.TiedTo == "transformer.wte"
	}},
	{"positions", small + `,"n_positions":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
}

func activation(want archpb.Activation_Function) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool { return m.Blocks[0].Steps[9].GetActivation().GetFunction() == want }
}

var refused = []struct{ config, want string }{
	{small + `,"rotary_dim":null}`, "config.json: rotary_dim is null, expected a number"},
	{small + `,"rotary_dim":3}`, "config.json: rotary_dim is 3, expected an even number of at most 4, the width of a head"},
	{small + `,"rotary_dim":6}`, "config.json: rotary_dim is 6, expected an even number of at most 4, the width of a head"},
	{small + `,"n_head":3}`, "config.json: n_head is 3, expected a number that divides hidden_size, 8"},
	{small + `,"activation_function":"quick_gelu"}`, `config.json: activation_function is "quick_gelu", expected one of`},
	{small + `,"quantization_config":{"quant_method":"gptq"}}`, "config.json: quantization_config says that the weights are quantised (gptq)"},
}

// Early checkpoints hold the causal mask of every layer.
func TestDescribeIgnoresMasks(t *testing.T) {
	for _, c := range archtest.Folders(t, "../../testdata/tiny/gptj", plugin().ModelTypes...) {
		c.Tensors = append(c.Tensors,
			arch.TensorHeader{Name: "transformer.h.0.attn.bias", DType: "BOOL", Shape: []int{1, 1, 64, 64}},
			arch.TensorHeader{Name: "transformer.h.1.attn.masked_bias", DType: "F32"},
		)
		m, err := describe(hf(string(c.Config)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := arch.New(m, c.Tensors); err != nil {
			t.Error(err)
		}
	}
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

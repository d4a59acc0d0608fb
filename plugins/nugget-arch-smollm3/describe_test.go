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
	if len(checkpoints) < 15 {
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

const small = `{"model_type":"smollm3","hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`

var values = []struct {
	name, config string
	holds        func(*archpb.Model) bool
}{
	{"eps by default", small + `}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[0].GetNorm().Eps == 1e-6 && m.Epilogue[0].GetNorm().Eps == 1e-6
	}},
	{"eps", small + `,"rms_norm_eps":1e-5}`, func(m *archpb.Model) bool { return m.Epilogue[0].GetNorm().Eps == 1e-5 }},
	{"tied by default", small + `}`, func(m *archpb.Model) bool { return m.Epilogue[1].GetLinear().Module.TiedTo == "model.embed_tokens" }},
	{"gelu", small + `,"hidden_act":"gelu"}`, func(m *archpb.Model) bool {
		return m.Blocks[0].Steps[11].GetActivation().GetFunction() == archpb.Activation_FUNCTION_GELU
	}},
	{"positions", small + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
}

var refused = []struct{ config, want string }{
	{small + `,"no_rope_layers":[1]}`, "config.json: no_rope_layers has 1 entries, expected 2, one a layer"},
	{small + `,"no_rope_layers":[1,true]}`, "config.json: no_rope_layers is [1,true], expected a list of integers"},
	{small + `,"no_rope_layer_interval":0}`, "config.json: no_rope_layer_interval is 0, expected a positive integer"},
	{small + `,"layer_types":["full_attention","sliding_attention"]}`, "config.json: sliding_window is missing"},
	{small + `,"use_sliding_window":true,"sliding_window":0,"no_rope_layers":[1,0]}`, "config.json: sliding_window is 0, expected a positive integer"},
	{small + `,"hidden_act":"quick_gelu"}`, `config.json: hidden_act is "quick_gelu", expected one of`},
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

package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, scales and frequencies are those of transformers' own
// models; testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 16 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it.
func TestBinaryDescribesTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 2 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), checkpoints...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const small = `{"model_type":"granite","hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`

func TestDescribeReadsValues(t *testing.T) {
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"all multipliers are 1 by default", small + `}`, func(m *archpb.Model) bool {
			return slices.Equal(scales(m), []float64{1, 1, 1, 1}) && scores(m) == 1
		}},
		{"embeddings", small + `,"embedding_multiplier":12}`, func(m *archpb.Model) bool { return scales(m)[0] == 12 }},
		{"what each half of a layer adds", small + `,"residual_multiplier":0.22}`, func(m *archpb.Model) bool {
			return slices.Equal(scales(m)[1:3], []float64{0.22, 0.22})
		}},
		{"the logits are divided", small + `,"logits_scaling":8}`, func(m *archpb.Model) bool { return scales(m)[3] == 1.0/8 }},
		{"scores", small + `,"attention_multiplier":0.015625}`, func(m *archpb.Model) bool { return scores(m) == 0.015625 }},
		{"eps by default", small + `}`, func(m *archpb.Model) bool { return m.Epilogue[0].GetNorm().Eps == 1e-6 }},
		{"eps", small + `,"rms_norm_eps":1e-5}`, func(m *archpb.Model) bool { return m.Blocks[0].Steps[0].GetNorm().Eps == 1e-5 }},
		{"gelu", small + `,"hidden_act":"gelu"}`, func(m *archpb.Model) bool {
			return slices.ContainsFunc(m.Blocks[0].Steps, func(s *archpb.Step) bool {
				return s.GetActivation().GetFunction() == archpb.Activation_FUNCTION_GELU
			})
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

// scales is what the steps multiply by: of the embeddings, attention, the MLP, the
// logits.
func scales(m *archpb.Model) []float64 {
	var all []float64
	for _, s := range slices.Concat(m.Prologue, m.Blocks[0].Steps, m.Epilogue) {
		if s.GetScale() != nil {
			all = append(all, s.GetScale().By)
		}
	}
	return all
}

func scores(m *archpb.Model) float64 {
	for _, s := range m.Blocks[0].Steps {
		if s.GetAttention() != nil {
			return s.GetAttention().Scale
		}
	}
	return math.NaN()
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{small + `,"embedding_multiplier":0}`, "config.json: embedding_multiplier is 0, expected a positive number"},
		{small + `,"logits_scaling":-8}`, "config.json: logits_scaling is -8, expected a positive number"},
		{small + `,"residual_multiplier":"a"}`, `config.json: residual_multiplier is "a", expected a number`},
		{small + `,"attention_multiplier":0}`, "config.json: attention_multiplier is 0, expected a positive number"},
		{small + `,"hidden_act":"quick_gelu"}`, `config.json: hidden_act is "quick_gelu", expected one of`},
		{small + `,"quantization_config":{"quant_method":"gptq"}}`, "config.json: quantization_config says that the weights are quantised (gptq)"},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{`{}`, small + `}`, small + `,"logits_scaling":3,"mlp_bias":true,"rope_scaling":{"type":"yarn","factor":4}}`} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"granite","granite.embedding_length":8,"granite.feed_forward_length":3,"granite.block_count":1,"granite.context_length":9,"granite.vocab_size":4,`+
		`"granite.attention.head_count":2,"granite.logit_scale":3}`), true, "output.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, windows, scales, caps and frequencies are those of
// transformers' own models; testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 40 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 7 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func TestBinaryIsSound(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/gemma*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), append(checkpoints, ggufCheckpoints(t)...)...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const (
	small = `"hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"head_dim":6,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`
	one   = `{"model_type":"gemma",` + small
	two   = `{"model_type":"gemma2",` + small
	three = `{"model_type":"gemma3_text",` + small
)

func TestDescribeReadsValues(t *testing.T) {
	cap := func(m *archpb.Model) float64 { return m.Epilogue[len(m.Epilogue)-1].GetSoftcap().GetCap() }
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"embeddings scaled by sqrt(8) in float32", one + `}`, func(m *archpb.Model) bool {
			return m.Prologue[1].GetScale().By == float64(float32(math.Sqrt(8)))
		}},
		{"norms add 1", three + `}`, norms(func(n *archpb.Norm) bool { return n.Offset == 1 && n.Eps == 1e-6 })},
		{"eps", two + `,"rms_norm_eps":1e-5}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-5 })},
		{"GELU by tanh by default", one + `}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"Gemma's gelu is by tanh", one + `,"hidden_act":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"Gemma does not read hidden_activation", one + `,"hidden_activation":"relu"}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"Gemma's other activations", one + `,"hidden_act":"silu"}`, activation(archpb.Activation_FUNCTION_SILU)},
		{"Gemma 2 reads hidden_activation", two + `,"hidden_act":"silu","hidden_activation":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
		{"Gemma 3's null is the default", three + `,"hidden_activation":null}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"no cap in Gemma", one + `,"final_logit_softcapping":3}`, func(m *archpb.Model) bool { return cap(m) == 0 }},
		{"Gemma 2's cap by default", two + `}`, func(m *archpb.Model) bool { return cap(m) == 30 }},
		{"Gemma 2's cap", two + `,"final_logit_softcapping":2.5}`, func(m *archpb.Model) bool { return cap(m) == 2.5 }},
		{"Gemma 2 without a cap", two + `,"final_logit_softcapping":null}`, func(m *archpb.Model) bool { return cap(m) == 0 }},
		{"Gemma 3 without a cap by default", three + `}`, func(m *archpb.Model) bool { return cap(m) == 0 }},
		{"Gemma 3's cap", three + `,"final_logit_softcapping":2.5}`, func(m *archpb.Model) bool { return cap(m) == 2.5 }},
		{"positions", one + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
		{"family", three + `}`, func(m *archpb.Model) bool { return m.Family == "gemma3_text" }},
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
		{one + `,"use_bidirectional_attention":true}`, "config.json: use_bidirectional_attention is true, expected a model in which no token sees later ones"},
		{three + `,"use_bidirectional_attention":true}`, "config.json: use_bidirectional_attention is true"},
		{two + `,"sliding_window":null}`, "config.json: sliding_window is null, expected a number, as layers slide"},
		{two + `,"query_pre_attn_scalar":0}`, "config.json: query_pre_attn_scalar is 0, expected a positive number"},
		{two + `,"attn_logit_softcapping":0}`, "config.json: attn_logit_softcapping is 0, expected a positive number, or null"},
		{three + `,"final_logit_softcapping":-3}`, "config.json: final_logit_softcapping is -3, expected a positive number, or null"},
		{three + `,"sliding_window_pattern":0}`, "config.json: sliding_window_pattern is 0, expected a positive integer"},
		{three + `,"layer_types":["full_attention"]}`, "config.json: layer_types has 1 entries, expected 2"},
		{three + `,"rope_local_base_freq":0}`, "config.json: rope_local_base_freq is 0, expected a positive number"},
		{three + `,"rope_parameters":{"full_attention":{"rope_type":"linear"}},"sliding_window_pattern":1}`, `config.json: rope_parameters.full_attention.factor is missing`},
		{`{"model_type":"gemma3"}`, "config.json: text_config is missing, expected an object"},
		{`{"model_type":"gemma3","text_config":[]}`, "config.json: text_config is [], expected an object"},
		{`{"model_type":"gemma3","text_config":{"hidden_size":-1}}`, "config.json: text_config.hidden_size is -1"},
		{one + `,"quantization_config":{"quant_method":"awq"}}`, "config.json: quantization_config says that the weights are quantised (awq)"},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// The folders of a model that also sees images, as published and as transformers has
// its modules in memory: the paths are the same.
func TestDescribeFindsTheLanguageModel(t *testing.T) {
	for _, checkpoint := range archtest.Recorded(t, "testdata/golden.json") {
		if checkpoint.Name != "images" {
			continue
		}
		for _, renamed := range []bool{false, true} {
			req := hf(string(checkpoint.Config))
			tensors := slices.Clone(checkpoint.Tensors)
			for i := range tensors {
				if renamed {
					tensors[i].Name = strings.Replace("model."+tensors[i].Name, "language_model.model.", "language_model.", 1)
				}
				req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: tensors[i].Name})
			}
			m, err := describe(req)
			if err != nil {
				t.Fatal(err)
			}
			a, err := arch.New(m, tensors)
			if err != nil {
				t.Fatalf("renamed %v: %v", renamed, err)
			}
			if up := a.Module("model.language_model.layers.1.mlp.up_proj"); up == nil || renamed == strings.HasPrefix(up.Weight.Name, "language_model.") {
				t.Errorf("renamed %v: %+v", renamed, up)
			}
		}
		return
	}
	t.Fatal("no golden of images")
}

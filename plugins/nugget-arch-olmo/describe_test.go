package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, windows, scales and frequencies are those of
// transformers' own models; testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 30 {
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
	checkpoints := archtest.Folders(t, "../../testdata/tiny/olmo*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), checkpoints...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const (
	small = `"hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`
	one   = `{"model_type":"olmo",` + small
	two   = `{"model_type":"olmo2",` + small
	three = `{"model_type":"olmo3",` + small
	moe   = `{"model_type":"olmoe",` + small + `,"num_experts":4,"num_experts_per_tok":3`
)

func TestDescribeReadsValues(t *testing.T) {
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"OLMo's norms have no weights and their own eps", one + `,"rms_norm_eps":0.1}`, norms(func(n *archpb.Norm) bool {
			return n.Module == nil && n.Kind == archpb.Norm_KIND_LAYER && n.Eps == 1e-5
		})},
		{"eps by default", two + `}`, norms(func(n *archpb.Norm) bool { return n.Kind == archpb.Norm_KIND_RMS && n.Eps == 1e-5 })},
		{"eps", moe + `,"rms_norm_eps":1e-6}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-6 })},
		{"q is normed over all heads", two + `}`, func(m *archpb.Model) bool { return m.Blocks[0].Steps[1].GetNorm().GetWidth() == 8 }},
		{"k is normed over all heads", two + `}`, func(m *archpb.Model) bool { return m.Blocks[0].Steps[4].GetNorm().GetWidth() == 4 }},
		{"silu by default", three + `}`, activation(archpb.Activation_FUNCTION_SILU)},
		{"gelu", one + `,"hidden_act":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
		{"the chosen experts' weights as they are", moe + `}`, func(m *archpb.Model) bool { return !routing(m).Renormalize && routing(m).TopK == 3 }},
		{"the chosen experts' weights divided", moe + `,"norm_topk_prob":true}`, func(m *archpb.Model) bool { return routing(m).Renormalize }},
		{"positions", two + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
		{"family", moe + `}`, func(m *archpb.Model) bool { return m.Family == "olmoe" }},
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

func routing(m *archpb.Model) *archpb.Experts {
	for _, s := range m.Blocks[0].Steps {
		if x := s.GetExperts(); x != nil {
			return x
		}
	}
	return &archpb.Experts{}
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{one + `,"clip_qkv":8.0}`, "config.json: clip_qkv is 8, expected null: clipped queries, keys and values are not described"},
		{moe + `,"clip_qkv":8.5}`, "config.json: clip_qkv is 8.5, expected null"},
		{three + `,"sliding_window":null}`, "config.json: sliding_window is null, expected a number, as layers slide"},
		{three + `,"layer_types":["full_attention"]}`, "config.json: layer_types has 1 entries, expected 2"},
		{three + `,"rope_scaling":{"rope_type":"linear"}}`, "config.json: rope_scaling.factor is missing"},
		{moe + `,"num_experts_per_tok":5}`, "config.json: num_experts_per_tok is 5, expected at most the number of experts, 4"},
		{two + `,"hidden_act":"quick_gelu"}`, `config.json: hidden_act is "quick_gelu", expected one of`},
		{two + `,"quantization_config":{"quant_method":"gptq"}}`, "config.json: quantization_config says that the weights are quantised (gptq)"},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// FuzzDescribe wants no panic from any configuration, of two equal requests two equal
// answers, and answers that the host's checks survive.
func FuzzDescribe(f *testing.F) {
	for _, config := range []string{
		`{}`, one + `}`, two + `}`, three + `,"rope_scaling":{"type":"yarn","factor":4}}`, moe + `}`,
		three + `,"rope_parameters":{"full_attention":{"rope_type":"linear","factor":8},"sliding_attention":{}},"sliding_window":3}`,
	} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"olmo2","olmo2.embedding_length":8,"olmo2.feed_forward_length":3,"olmo2.block_count":1,"olmo2.context_length":9,"olmo2.vocab_size":4,`+
		`"olmo2.attention.head_count":2,"olmo2.attention.sliding_window":3,"olmo2.attention.sliding_window_pattern":[true]}`), true, "output.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

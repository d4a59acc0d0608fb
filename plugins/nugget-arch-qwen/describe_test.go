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
	if len(checkpoints) < 35 {
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
	checkpoints := archtest.Folders(t, "../../testdata/tiny/qwen*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), append(checkpoints, ggufCheckpoints(t)...)...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const (
	small = `"hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`
	two   = `{"model_type":"qwen2",` + small
	three = `{"model_type":"qwen3",` + small
	moe   = `{"model_type":"qwen3_moe",` + small + `,"num_experts":4,"num_experts_per_tok":3,"moe_intermediate_size":2`
)

func TestDescribeReadsValues(t *testing.T) {
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"eps by default", two + `}`, func(m *archpb.Model) bool {
			return m.Blocks[0].Steps[0].GetNorm().Eps == 1e-6 && m.Epilogue[0].GetNorm().Eps == 1e-6
		}},
		{"eps", three + `,"rms_norm_eps":1e-5}`, func(m *archpb.Model) bool {
			return !slices.ContainsFunc(m.Blocks[0].Steps, func(s *archpb.Step) bool { return s.GetNorm() != nil && s.GetNorm().Eps != 1e-5 })
		}},
		{"silu by default", two + `}`, activation(archpb.Activation_FUNCTION_SILU)},
		{"gelu", two + `,"hidden_act":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
		{"the chosen experts' weights as they are", moe + `}`, func(m *archpb.Model) bool { return !routing(m).Renormalize && routing(m).TopK == 3 }},
		{"the chosen experts' weights divided", moe + `,"norm_topk_prob":true}`, func(m *archpb.Model) bool { return routing(m).Renormalize }},
		{"the experts' activation", moe + `,"hidden_act":"relu"}`, func(m *archpb.Model) bool {
			return routing(m).Body[1].GetActivation().GetFunction() == archpb.Activation_FUNCTION_RELU
		}},
		{"positions", two + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
		{"family", moe + `}`, func(m *archpb.Model) bool { return m.Family == "qwen3_moe" }},
	} {
		m, err := describe(hf(c.config))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !c.holds(m) {
			t.Errorf("%s: %v", c.name, m)
		}
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
		{two + `,"hidden_act":"quick_gelu"}`, `config.json: hidden_act is "quick_gelu", expected one of`},
		{two + `,"quantization_config":{"quant_method":"gptq","bits":4}}`, "config.json: quantization_config says that the weights are quantised (gptq)"},
		{two + `,"layer_types":["full_attention","sliding_attention"]}`, `config.json: layer_types has "sliding_attention" for layer 1, expected use_sliding_window to be true`},
		{two + `,"layer_types":["full_attention"]}`, "config.json: layer_types has 1 entries, expected 2, one a layer"},
		{three + `,"layer_types":["full_attention","linear_attention"]}`, `config.json: layer_types has "linear_attention" for layer 1, expected "full_attention" or "sliding_attention"`},
		{two + `,"use_sliding_window":true,"sliding_window":0}`, "config.json: sliding_window is 0, expected a positive integer"},
		{two + `,"use_sliding_window":1}`, "config.json: use_sliding_window is 1, expected true or false"},
		{moe + `,"num_local_experts":2,"num_experts":2}`, "config.json: num_experts_per_tok is 3, expected at most the number of experts, 2"},
		{moe + `,"decoder_sparse_step":0}`, "config.json: decoder_sparse_step is 0, expected a positive integer"},
		{moe + `,"mlp_only_layers":[0,-1]}`, "config.json: mlp_only_layers is [0,-1], expected a list of integers of at least 0"},
		{moe + `,"mlp_only_layers":1}`, "config.json: mlp_only_layers is 1, expected a list of integers"},
		{three + `,"head_dim":7}`, "config.json: head_dim is 7, of which RoPE rotates 7 entries, expected an even number"},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// Transformers 5 saves experts fused when asked for it, under names of its own.
func TestDescribeRefusesFusedExperts(t *testing.T) {
	req := hf(moe + `}`)
	req.Tensors = []*archpb.TensorHeader{{Name: "model.layers.0.mlp.experts.down_proj"}, {Name: "model.layers.0.mlp.experts.gate_up_proj"}}
	if _, err := describe(req); err == nil || !strings.HasPrefix(err.Error(), `tensor "model.layers.0.mlp.experts.gate_up_proj" holds the gates of all experts, expected a tensor an expert`) {
		t.Errorf("error %v", err)
	}
}

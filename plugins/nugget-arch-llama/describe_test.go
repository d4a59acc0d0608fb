package main

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Every HuggingFace folder of the tiny checkpoints, as transformers saved it.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 20 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func hf(config string, tensors ...string) *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
	for _, name := range tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: name})
	}
	return req
}

func TestDescribeReadsValues(t *testing.T) {
	const small = `"hidden_size":8,"num_attention_heads":2,"vocab_size":5,"num_hidden_layers":1,"intermediate_size":6`
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"eps by default", `{` + small + `}`, func(m *archpb.Model) bool {
			return m.Blocks[0].Steps[0].GetNorm().Eps == 1e-6 && m.Epilogue[0].GetNorm().Eps == 1e-6
		}},
		{"eps", `{` + small + `,"rms_norm_eps":1e-5}`, func(m *archpb.Model) bool { return m.Blocks[0].Steps[9].GetNorm().Eps == 1e-5 }},
		{"silu by default", `{` + small + `}`, activation(archpb.Activation_FUNCTION_SILU)},
		{"gelu", `{` + small + `,"hidden_act":"gelu"}`, activation(archpb.Activation_FUNCTION_GELU)},
		{"gelu with tanh", `{` + small + `,"hidden_act":"gelu_pytorch_tanh"}`, activation(archpb.Activation_FUNCTION_GELU_TANH)},
		{"relu", `{` + small + `,"hidden_act":"relu"}`, activation(archpb.Activation_FUNCTION_RELU)},
		{"no window in LLaMA", `{` + small + `,"sliding_window":3}`, window(0)},
		{"Mistral's window", `{` + small + `,"model_type":"mistral","sliding_window":3}`, window(3)},
		{"Mistral's window by default", `{` + small + `,"model_type":"mistral","num_key_value_heads":1}`, window(4096)},
		{"Mistral without a window", `{` + small + `,"model_type":"mistral","sliding_window":null}`, window(0)},
		{"heads for all by default", `{` + small + `}`, kv(2)},
		{"null heads for all", `{` + small + `,"model_type":"mistral","num_key_value_heads":null}`, kv(2)},
		{"pretraining_tp has no part in it", `{` + small + `,"pretraining_tp":4}`, kv(2)},
		{"positions", `{` + small + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
		{"family", `{` + small + `,"model_type":"mistral"}`, func(m *archpb.Model) bool { return m.Family == "mistral" }},
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
	return func(m *archpb.Model) bool { return m.Blocks[0].Steps[11].GetActivation().GetFunction() == want }
}

func window(want uint32) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool { return m.Blocks[0].Steps[6].GetAttention().Window == want }
}

func kv(want uint32) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool { return m.Blocks[0].Steps[6].GetAttention().KvHeads == want }
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"hidden_act":"quick_gelu"}`, `config.json: hidden_act is "quick_gelu", expected one of`},
		{`{"quantization_config":{"quant_method":"awq","bits":4}}`, "config.json: quantization_config says that the weights are quantised (awq)"},
		{`{"rope_scaling":{"rope_type":"su","factor":2}}`, `config.json: rope_scaling has rope_type "su"`},
		{`{"head_dim":7}`, "config.json: head_dim is 7, of which RoPE rotates 7 entries, expected an even number"},
		{`{"hidden_size":4,"num_attention_heads":8}`, "config.json: hidden_size is 4, expected at least the number of heads, 8"},
		{`{"num_hidden_layers":1000000}`, "config.json: num_hidden_layers is 1000000, expected at most 4096"},
		{`{"head_dim":1000000}`, "config.json: head_dim is 1000000, expected at most 65536"},
		{`{"num_hidden_layers":0}`, "config.json: num_hidden_layers is 0, expected a positive integer"},
		{`{"model_type":"mistral","sliding_window":0}`, "config.json: sliding_window is 0, expected a positive integer"},
		{`{"tie_word_embeddings":"yes"}`, `config.json: tie_word_embeddings is "yes", expected true or false`},
	} {
		if _, err := describe(hf(c.config)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %s", c.config, err, c.want)
		}
	}
}

// What old and partial checkpoints hold beside or in place of the usual tensors.
func TestDescribeTakesOtherTensors(t *testing.T) {
	const config = `{"hidden_size":8,"num_attention_heads":2,"vocab_size":5,"num_hidden_layers":1,"intermediate_size":6,"tie_word_embeddings":true}`
	tensors := func(prefix string, more ...arch.TensorHeader) []arch.TensorHeader {
		l := prefix + "layers.0."
		return append([]arch.TensorHeader{
			{Name: prefix + "embed_tokens.weight", DType: "F32", Shape: []int{5, 8}}, {Name: prefix + "norm.weight", DType: "F32", Shape: []int{8}},
			{Name: l + "input_layernorm.weight", DType: "F32", Shape: []int{8}}, {Name: l + "post_attention_layernorm.weight", DType: "F32", Shape: []int{8}},
			{Name: l + "self_attn.q_proj.weight", DType: "F32", Shape: []int{8, 8}}, {Name: l + "self_attn.k_proj.weight", DType: "F32", Shape: []int{8, 8}},
			{Name: l + "self_attn.v_proj.weight", DType: "F32", Shape: []int{8, 8}}, {Name: l + "self_attn.o_proj.weight", DType: "F32", Shape: []int{8, 8}},
			{Name: l + "mlp.gate_proj.weight", DType: "F32", Shape: []int{6, 8}}, {Name: l + "mlp.up_proj.weight", DType: "F32", Shape: []int{6, 8}},
			{Name: l + "mlp.down_proj.weight", DType: "F32", Shape: []int{8, 6}},
		}, more...)
	}
	buffer := func(name string) arch.TensorHeader {
		return arch.TensorHeader{Name: name, DType: "F32", Shape: []int{2}}
	}
	for _, c := range []struct {
		name    string
		tensors []arch.TensorHeader
		embed   string
	}{
		{"RoPE's buffers of every layer", tensors("model.", buffer("model.layers.0.self_attn.rotary_emb.inv_freq")), "model.embed_tokens.weight"},
		{"RoPE's buffer of the model", tensors("model.", buffer("model.rotary_emb.inv_freq")), "model.embed_tokens.weight"},
		{"saved from LlamaModel", tensors(""), "embed_tokens.weight"},
		{"tied, but stored", tensors("model.", arch.TensorHeader{Name: "lm_head.weight", DType: "F32", Shape: []int{5, 8}}), "model.embed_tokens.weight"},
		{"tied, and only the head stored", append(tensors("model.")[1:], arch.TensorHeader{Name: "lm_head.weight", DType: "F32", Shape: []int{5, 8}}), "lm_head.weight"},
	} {
		var names []string
		for _, h := range c.tensors {
			names = append(names, h.Name)
		}
		m, err := describe(hf(config, names...))
		if err != nil {
			t.Fatal(err)
		}
		a, err := arch.New(m, c.tensors)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if embed, head := a.Module("model.embed_tokens"), a.Module("lm_head"); embed.Weight.Name != c.embed || head.Weight.Name != c.embed {
			t.Errorf("%s: the embeddings read %s, the head %s, expected %s", c.name, embed.Weight.Name, head.Weight.Name, c.embed)
		}
	}
}

package main

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, windows, scales and frequencies are those of
// transformers' own models; testdata/make.py writes them.
func TestDescribeIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/golden.json")
	if len(checkpoints) < 23 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it, and as early releases
// saved the published ones.
func TestDescribeTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 3 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func TestBinaryIsSound(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/gptneox*", plugin().ModelTypes...)
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), checkpoints...)
}

func hf(config string, tensors ...string) *archpb.DescribeRequest {
	req := &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
	for _, name := range tensors {
		req.Tensors = append(req.Tensors, &archpb.TensorHeader{Name: name})
	}
	return req
}

const small = `{"hidden_size":8,"num_attention_heads":2,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`

func TestDescribeReadsValues(t *testing.T) {
	steps := func(m *archpb.Model) []*archpb.Step { return m.Blocks[0].Steps }
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"eps by default", small + `}`, func(m *archpb.Model) bool {
			return steps(m)[0].GetNorm().Eps == 1e-5 && m.Epilogue[0].GetNorm().Eps == 1e-5
		}},
		{"eps", small + `,"layer_norm_eps":1e-3}`, func(m *archpb.Model) bool { return steps(m)[0].GetNorm().Eps == 1e-3 }},
		{"GELU by default", small + `}`, func(m *archpb.Model) bool {
			return steps(m)[9].GetActivation().GetFunction() == archpb.Activation_FUNCTION_GELU
		}},
		{"the MLP reads what attention reads", small + `}`, func(m *archpb.Model) bool { return steps(m)[7].In[0] == "h" && len(steps(m)[11].In) == 3 }},
		{"the MLP reads what attention changed", small + `,"use_parallel_residual":false}`, func(m *archpb.Model) bool {
			return steps(m)[8].In[0] == "r" && len(steps(m)[12].In) == 2
		}},
		{"q, k and v head by head", small + `}`, func(m *archpb.Model) bool {
			p := steps(m)[1].GetLinear().Parts
			return p.Groups == 2 && p.Sizes[0] == 4 && steps(m)[2].GetSplit().Groups == 2
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

// On disk the unembedding is embed_out, or lm_head as transformers 5 has it in memory; its
// path is the latter.
func TestDescribeFindsTheHead(t *testing.T) {
	for _, c := range []struct{ tensor, want string }{{"embed_out.weight", "embed_out"}, {"lm_head.weight", ""}} {
		m, err := describe(hf(small+`}`, c.tensor))
		if err != nil {
			t.Fatal(err)
		}
		if head := m.Epilogue[1].GetLinear().Module; head.Path != "lm_head" || head.Tensor != c.want {
			t.Errorf("beside %s: %v", c.tensor, head)
		}
	}
	m, err := describe(hf(small+`}`, "embed_in.weight"))
	if err != nil {
		t.Fatal(err)
	}
	if norm := m.Epilogue[0].GetNorm().Module; norm.Path != "gpt_neox.final_layer_norm" || norm.Tensor != "final_layer_norm" {
		t.Errorf("saved from GPTNeoXModel: %v", norm)
	}
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"hidden_size":10,"num_attention_heads":4}`, "config.json: num_attention_heads is 4, expected a number that divides hidden_size, 10"},
		{small + `,"head_dim":6}`, "config.json: head_dim is 6, expected 4, the heads' share of hidden_size"},
		{small + `,"rotary_pct":0.1}`, "config.json: head_dim is 4, of which RoPE rotates 0 entries, expected an even number"},
		{small + `,"rotary_emb_base":0}`, "config.json: rotary_emb_base is 0, expected a positive number"},
		{small + `,"rotary_pct":1.25}`, "config.json: rotary_pct is 1.25, expected a number above 0, at most 1"},
		{small + `,"rotary_pct":0.5,"rope_scaling":{"type":"su"}}`, `config.json: rope_scaling has rope_type "su", expected one of`},
		{small + `,"use_parallel_residual":"both"}`, `config.json: use_parallel_residual is "both", expected true or false`},
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
	for _, config := range []string{
		`{}`, small + `}`, small + `,"use_parallel_residual":false,"attention_bias":false,"rotary_pct":0.75}`,
		small + `,"rope_parameters":{"rope_type":"linear","factor":2,"partial_rotary_factor":1}}`,
	} {
		f.Add([]byte(config), "embed_in.weight")
	}
	f.Fuzz(func(t *testing.T, config []byte, tensor string) {
		archtest.Fuzz(t, plugin(), config, false, tensor)
	})
}

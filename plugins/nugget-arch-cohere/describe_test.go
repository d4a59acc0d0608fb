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
	if len(checkpoints) < 25 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// Every folder of the tiny checkpoints, as transformers saved it.
func TestBinaryDescribesTinyCheckpoints(t *testing.T) {
	checkpoints := archtest.Folders(t, "../../testdata/tiny/*", plugin().ModelTypes...)
	if len(checkpoints) < 4 {
		t.Fatalf("only %d folders", len(checkpoints))
	}
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), checkpoints...)
}

func hf(config string) *archpb.DescribeRequest {
	return &archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: []byte(config)}
}

const (
	small = `"hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":2,"intermediate_size":6`
	one   = `{"model_type":"cohere",` + small
	two   = `{"model_type":"cohere2",` + small
)

func TestDescribeReadsValues(t *testing.T) {
	for _, c := range []struct {
		name, config string
		holds        func(m *archpb.Model) bool
	}{
		{"norms have no bias", one + `}`, norms(func(n *archpb.Norm) bool {
			return n.Kind == archpb.Norm_KIND_LAYER && !n.Module.Bias && n.Eps == 1e-5
		})},
		{"eps", two + `,"layer_norm_eps":1e-4}`, norms(func(n *archpb.Norm) bool { return n.Eps == 1e-4 })},
		{"heads with norms", one + `,"use_qk_norm":true}`, func(m *archpb.Model) bool {
			q, k := m.Blocks[0].Steps[2].GetNorm(), m.Blocks[0].Steps[5].GetNorm()
			return q.GetWidth() == 4 && q.GetGroups() == 2 && k.GetWidth() == 4 && k.GetGroups() == 1
		}},
		{"logits by default", one + `}`, logits(0.0625)},
		{"logits", two + `,"logit_scale":0.25}`, logits(0.25)},
		{"RoPE turns adjacent pairs", two + `}`, func(m *archpb.Model) bool {
			return m.Blocks[0].Steps[2].GetRope().GetInterleaved()
		}},
		{"one norm for both", one + `}`, func(m *archpb.Model) bool {
			last := m.Blocks[0].Steps[len(m.Blocks[0].Steps)-1]
			return slices.Equal(last.In, []string{"h", "attended", "changed"})
		}},
		{"positions", two + `,"max_position_embeddings":77}`, func(m *archpb.Model) bool { return m.MaxPositions == 77 }},
		{"family", two + `}`, func(m *archpb.Model) bool { return m.Family == "cohere2" }},
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

func logits(scale float64) func(*archpb.Model) bool {
	return func(m *archpb.Model) bool { return m.Epilogue[2].GetScale().GetBy() == scale }
}

func TestDescribeRefuses(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{one + `,"logit_scale":0}`, "config.json: logit_scale is 0, expected another number"},
		{one + `,"use_qk_norm":1}`, "config.json: use_qk_norm is 1, expected true or false"},
		{two + `,"sliding_window":null}`, "config.json: sliding_window is null, expected a number, as layers slide"},
		{two + `,"sliding_window_pattern":0}`, "config.json: sliding_window_pattern is 0, expected a positive integer"},
		{two + `,"layer_types":["full_attention"]}`, "config.json: layer_types has 1 entries, expected 2"},
		{one + `,"hidden_act":"quick_gelu"}`, `config.json: hidden_act is "quick_gelu", expected one of`},
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
		`{}`, one + `,"use_qk_norm":true}`, two + `}`, two + `,"sliding_window_pattern":2,"rope_scaling":{"type":"yarn","factor":4}}`,
		two + `,"layer_types":["full_attention","sliding_attention"],"sliding_window":3}`,
	} {
		f.Add([]byte(config), false, "embed_tokens.weight")
	}
	f.Add([]byte(`{"general.architecture":"cohere2","cohere2.embedding_length":8,"cohere2.feed_forward_length":3,"cohere2.block_count":1,"cohere2.context_length":9,"cohere2.vocab_size":4,`+
		`"cohere2.attention.head_count":2,"cohere2.attention.sliding_window":3}`), true, "output.weight")
	f.Fuzz(func(t *testing.T, config []byte, gguf bool, tensor string) {
		archtest.Fuzz(t, plugin(), config, gguf, tensor)
	})
}

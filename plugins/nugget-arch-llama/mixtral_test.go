package main

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// Tensors, parameter counts, windows, scales and frequencies are those of
// transformers' own models; testdata/mixtral.py writes them.
func TestDescribeMixtralIsTransformers(t *testing.T) {
	checkpoints := archtest.Recorded(t, "testdata/mixtral.json")
	if len(checkpoints) < 10 {
		t.Fatalf("only %d goldens", len(checkpoints))
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

// routing is the experts' step of a model.
func routing(m *archpb.Model) *archpb.Experts {
	for _, s := range m.Blocks[0].Steps {
		if x := s.GetExperts(); x != nil {
			return x
		}
	}
	return nil
}

func TestDescribeMixtralReadsValues(t *testing.T) {
	const config = `{"model_type":"mixtral","hidden_size":8,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":5,"num_hidden_layers":1,"intermediate_size":6,"hidden_act":"relu"`
	for more, want := range map[string]struct{ count, top uint32 }{
		`}`: {8, 2},
		`,"num_local_experts":5,"num_experts_per_tok":3}`: {5, 3},
		`,"num_experts":6}`: {6, 2},
	} {
		m, err := describe(hf(config + more))
		if err != nil {
			t.Fatal(err)
		}
		x := routing(m)
		if x.Count != want.count || x.TopK != want.top || !x.Renormalize || x.Body[1].GetActivation().GetFunction() != archpb.Activation_FUNCTION_RELU {
			t.Errorf("%s: %v", more, x)
		}
	}
	if _, err := describe(hf(config + `,"num_local_experts":2,"num_experts_per_tok":3}`)); err == nil ||
		err.Error() != "config.json: num_experts_per_tok is 3, expected at most the number of experts, 2" {
		t.Errorf("error %v", err)
	}
	req := hf(config+`}`, "model.layers.0.mlp.experts.gate_up_proj")
	if _, err := describe(req); err == nil || !strings.Contains(err.Error(), "holds the gates of all experts") {
		t.Errorf("error %v", err)
	}
}

// Experts as llama.cpp has stored them since April 2024, and before.
func TestDescribeGGUFOfMixtral(t *testing.T) {
	const l = "blk.{layer}."
	stacked := small()
	stacked.metadata["llama.expert_count"], stacked.metadata["llama.expert_used_count"] = 3, 2
	apart := small()
	apart.metadata["llama.expert_count"], apart.metadata["llama.expert_used_count"] = 3, 2
	for _, f := range []file{stacked, apart} {
		for i := range 2 {
			for _, name := range []string{"ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"} {
				delete(f.tensors, arch.Expand(l+name, i, 0))
			}
		}
		f.layers(map[string][]int{"ffn_gate_inp.weight": {3, 24}})
	}
	stacked.layers(map[string][]int{"ffn_gate_exps.weight": {3, 40, 24}, "ffn_up_exps.weight": {3, 40, 24}, "ffn_down_exps.weight": {3, 24, 40}})
	for _, expert := range []string{"0", "1", "2"} {
		apart.layers(map[string][]int{"ffn_gate." + expert + ".weight": {40, 24}, "ffn_up." + expert + ".weight": {40, 24}, "ffn_down." + expert + ".weight": {24, 40}})
	}
	archtest.Run(t, archtest.Functions(plugin()), stacked.checkpoint("stacked"), apart.checkpoint("apart"))

	const up = "model.layers.1.block_sparse_moe.experts.2.w3"
	if w := stacked.architecture(t).Module(up).Weight; w.Name != "blk.1.ffn_up_exps.weight" || w.Layout != (arch.Layout{Stacked: true, Index: 2}) {
		t.Errorf("%s: %+v", up, w)
	}
	if w := apart.architecture(t).Module(up).Weight; w.Name != "blk.1.ffn_up.2.weight" || w.Layout != (arch.Layout{}) {
		t.Errorf("%s: %+v", up, w)
	}
	m, err := describe(apart.request())
	if err != nil {
		t.Fatal(err)
	}
	if x := routing(m); m.Family != "mixtral" || x.Count != 3 || x.TopK != 2 || !x.Renormalize {
		t.Errorf("%s: %v", m.Family, x)
	}
}

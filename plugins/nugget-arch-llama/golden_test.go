package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk/archtest"
)

// golden is an entry of testdata/golden.json: what transformers makes of a
// configuration. testdata/make.py writes it.
type golden struct {
	Name       string
	Config     json.RawMessage
	Layers     int
	Tensors    map[string][]int // {layer} stands for every layer's index
	Parameters int64
	Window     uint32
	Scale      float64

	InvFreq         []float64            `json:"inv_freq"`
	AttentionFactor float64              `json:"attention_factor"`
	Lengths         map[string][]float64 // dynamic RoPE's frequencies by length
	Above           uint32
	LongInvFreq     []float64 `json:"long_inv_freq"`
}

func goldens(t *testing.T) []golden {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 40 {
		t.Fatalf("only %d goldens", len(all))
	}
	return all
}

// checkpoint is the golden's checkpoint: every layer's tensors.
func (g golden) checkpoint() archtest.Checkpoint {
	c := archtest.Checkpoint{Name: g.Name, Config: g.Config, Parameters: g.Parameters}
	for name, shape := range g.Tensors {
		n := 1
		if strings.Contains(name, "{layer}") {
			n = g.Layers
		}
		for layer := range n {
			c.Tensors = append(c.Tensors, arch.TensorHeader{
				Name: strings.ReplaceAll(name, "{layer}", strconv.Itoa(layer)), DType: "BF16", Shape: shape})
		}
	}
	return c
}

func (g golden) describe(t *testing.T) *archpb.Model {
	t.Helper()
	m, err := describe(&archpb.DescribeRequest{Format: archpb.DescribeRequest_FORMAT_HUGGINGFACE, Config: g.Config})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The tensors and the parameter counts are those of transformers' own models.
func TestDescribeIsSound(t *testing.T) {
	var checkpoints []archtest.Checkpoint
	for _, g := range goldens(t) {
		checkpoints = append(checkpoints, g.checkpoint())
	}
	archtest.Run(t, archtest.Functions(plugin()), checkpoints...)
}

func TestBinaryIsSound(t *testing.T) {
	var checkpoints []archtest.Checkpoint
	for _, g := range goldens(t) {
		switch g.Name {
		case "Llama-2-70b", "Llama-3.2-1B", "Mistral-7B-v0.1", "yarn", "longrope":
			checkpoints = append(checkpoints, g.checkpoint())
		}
	}
	archtest.Run(t, archtest.Binary(t, archtest.Build(t)), append(checkpoints, ggufCheckpoints()...)...)
}

// frequencyTolerance is relative. Both sides round to float32 at every step; their
// powers may differ in the last place.
const frequencyTolerance = 2.5e-7

func TestFrequenciesAreTransformers(t *testing.T) {
	for _, g := range goldens(t) {
		t.Run(g.Name, func(t *testing.T) {
			m := g.describe(t)
			for _, step := range []int{2, 4} {
				r := m.Blocks[0].Steps[step].GetRope()
				near(t, "inv_freq", r.Frequencies.InvFreq, g.InvFreq, frequencyTolerance)
				near(t, "attention factor", []float64{magnitude(r.Frequencies)}, []float64{g.AttentionFactor}, 1e-15)
				if (r.DynamicNtk != nil) != (g.Lengths != nil) || (r.Longer != nil) != (g.LongInvFreq != nil) {
					t.Fatalf("dynamic %v, longer %v", r.DynamicNtk, r.Longer)
				}
				if r.Longer != nil {
					near(t, "longer inv_freq", r.Longer.Frequencies.InvFreq, g.LongInvFreq, frequencyTolerance)
					near(t, "longer attention factor", []float64{magnitude(r.Longer.Frequencies)}, []float64{g.AttentionFactor}, 1e-15)
					if r.Longer.Above != g.Above {
						t.Errorf("longer above %d, expected %d", r.Longer.Above, g.Above)
					}
				}
				for length, want := range g.Lengths {
					n, err := strconv.ParseFloat(length, 64)
					if err != nil {
						t.Fatal(err)
					}
					// transformers takes the base's power in float32.
					near(t, "inv_freq of "+length+" tokens", stretched(r, n), want, 1e-6)
				}
			}
		})
	}
}

func TestAttentionIsTransformers(t *testing.T) {
	for _, g := range goldens(t) {
		a := g.describe(t).Blocks[0].Steps[6].GetAttention()
		if a.Window != g.Window {
			t.Errorf("%s: window %d, expected %d", g.Name, a.Window, g.Window)
		}
		near(t, g.Name+": scale", []float64{a.Scale}, []float64{g.Scale}, 1e-15)
	}
}

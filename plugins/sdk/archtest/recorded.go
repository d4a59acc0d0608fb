package archtest

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// recorded is an entry of a file that testdata/conformance/described.py writes.
type recorded struct {
	Name       string
	Config     json.RawMessage
	Parameters int64
	// In their names {layer} stands for each of the layers, {expert} for each expert.
	Tensors []struct {
		Name    string
		Shape   []int
		Layers  []int
		Experts int
	}
	Ropes []struct {
		InvFreq         []float64 `json:"inv_freq"`
		AttentionFactor float64   `json:"attention_factor"`
	}
	Kinds []struct {
		Window, Rope   int // -1: no RoPE
		Scale, Softcap float64
		Alibi          []float64
	}
	Layers []int // the kind of each
}

// Recorded reads checkpoints from a file: what transformers made of configurations,
// as the scripts beside the plugins' goldens write it.
func Recorded(t *testing.T, path string) []Checkpoint {
	t.Helper()
	var entries []recorded
	if err := json.Unmarshal(read(t, path), &entries); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var all []Checkpoint
	for _, r := range entries {
		c := Checkpoint{Name: r.Name, Config: r.Config, Parameters: r.Parameters, Tensors: r.tensors()}
		for _, k := range r.Layers {
			kind := r.Kinds[k]
			a := Attention{Window: kind.Window, Scale: kind.Scale, Softcap: kind.Softcap, AlibiSlopes: kind.Alibi}
			if kind.Rope >= 0 {
				rope := r.Ropes[kind.Rope]
				a.InvFreq, a.Magnitude = rope.InvFreq, rope.AttentionFactor
			}
			c.Attention = append(c.Attention, a)
		}
		all = append(all, c)
	}
	return all
}

func (r recorded) tensors() []arch.TensorHeader {
	var all []arch.TensorHeader
	for _, t := range r.Tensors {
		layers := t.Layers
		if layers == nil {
			layers = []int{arch.Outside}
		}
		for _, layer := range layers {
			for expert := range max(t.Experts, 1) {
				name := strings.ReplaceAll(t.Name, "{layer}", strconv.Itoa(layer))
				all = append(all, arch.TensorHeader{
					Name: strings.ReplaceAll(name, "{expert}", strconv.Itoa(expert)), DType: "BF16", Shape: t.Shape})
			}
		}
	}
	return all
}

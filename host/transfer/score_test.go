package transfer

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// TestScoresAreTorchs: sums and S itself within 1e-4 of transformers' in float32.
func TestScoresAreTorchs(t *testing.T) {
	for _, variant := range []string{"plain", "tied", "biases", "sharded"} {
		t.Run(variant, func(t *testing.T) {
			dir := filepath.Join("../../testdata/tiny", variant)
			m := openModel(t, dir)
			want, err := safetensors.Open(filepath.Join(dir, "golden.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			dumped := make(map[string]bool)
			scores, err := Score(t.Context(), m, load(t, filepath.Join(dir, "samples.jsonl")), engine.Options{Backend: "go"}, func(name string, shape []int, s []float32) error {
				dumped[name] = true
				exact := make([]float32, len(s))
				if err := want.ReadFloat32("S."+name, 0, exact); err != nil {
					return err
				}
				header, ok := m.Checkpoint.Lookup(name)
				if !ok || !slices.Equal(header.Shape, shape) {
					t.Errorf("%s: shape %v, in the checkpoint %v", name, shape, header.Shape)
				}
				var off, size float64
				for i := range s {
					d, e := float64(s[i])-float64(exact[i]), float64(exact[i])
					off, size = off+d*d, size+e*e
				}
				if off > 1e-8*size {
					t.Errorf("%s: off by %.2g", name, math.Sqrt(off/size))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			layers := make([]float64, len(m.Arch.Layers))
			for _, x := range scores.Tensors {
				if !dumped[x.Name] {
					t.Errorf("%s is not dumped", x.Name)
				}
				for _, mod := range m.Arch.Modules {
					if mod.Layer != arch.Outside && (mod.Weight.Name == x.Name || mod.Bias != nil && mod.Bias.Name == x.Name) {
						layers[mod.Layer] += x.Sum
					}
				}
			}
			count := 0
			for _, h := range want.Tensors() {
				if h.Name[:2] == "S." {
					count++
				}
			}
			if len(scores.Tensors) != count || len(dumped) != count {
				t.Errorf("%d tensors, %d dumped, want %d", len(scores.Tensors), len(dumped), count)
			}
			for i, l := range scores.Layers {
				if l.Index != i || math.Abs(l.Score-layers[i]) > 1e-9*layers[i] {
					t.Errorf("layer %d is %+v, its tensors sum to %v", i, l, layers[i])
				}
			}
		})
	}
}

func TestScoresOfGGUFAreInItsNamesAndLayout(t *testing.T) {
	m := openModel(t, "../../testdata/tiny/gguf/model.gguf")
	_, err := Score(t.Context(), m, load(t, "../../testdata/tiny/gguf/samples.jsonl"), engine.Options{Backend: "go"}, func(name string, shape []int, s []float32) error {
		header, ok := m.Checkpoint.Lookup(name)
		if !ok || !slices.Equal(header.Shape, shape) {
			t.Errorf("%s: shape %v, in the checkpoint %v", name, shape, header.Shape)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStackedExpertsAreOneTensor: the module of each expert goes to its place.
func TestStackedExpertsAreOneTensor(t *testing.T) {
	on := arch.Tensor{Name: "experts.weight", Shape: []int{3, 2, 2}, Layout: arch.Layout{Stacked: true, Transposed: true}}
	g := engine.Group{Layer: 0}
	for _, e := range []int{2, 0, 1} {
		w := on
		w.Layout.Index = e
		v := float32(10 * e)
		g.Tensors = append(g.Tensors, engine.Tensor{Module: &arch.Module{Kind: arch.Linear, Expert: e, Out: 2, In: 2, Weight: w}, S: []float32{v, v + 1, v + 2, v + 3}})
	}
	var got []float32
	c := &scorer{dump: func(name string, shape []int, s []float32) error {
		if name != on.Name || !slices.Equal(shape, on.Shape) {
			t.Errorf("%s %v", name, shape)
		}
		got = slices.Clone(s)
		return nil
	}}
	if err := c.visit(g); err != nil {
		t.Fatal(err)
	}
	if want := []float32{0, 2, 1, 3, 10, 12, 11, 13, 20, 22, 21, 23}; !slices.Equal(got, want) {
		t.Errorf("dumped %v, want %v", got, want)
	}
	if len(c.Tensors) != 1 || c.Tensors[0].Sum != 138 || c.Layers[0].Score != 138 {
		t.Errorf("scores are %+v", c.Scores)
	}
}

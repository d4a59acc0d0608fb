package engine_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/host/engine"
)

// TestARunGoesOnFromAnyLayerWithTheSameBytes: untied and tied heads, an embedding that a
// prologue scales, experts.
func TestARunGoesOnFromAnyLayerWithTheSameBytes(t *testing.T) {
	for _, variant := range []string{"plain", "tied", "gemma", "mixtral"} {
		t.Run(variant, func(t *testing.T) {
			onEach(t, func(t *testing.T, backend string) {
				if backend != "go" && variant != "tied" {
					return // its graphs take long to compile, and the way is the same
				}
				dir := filepath.Join(tiny, variant)
				ck, a := open(t, dir)
				all := samples(t, filepath.Join(dir, "samples.jsonl"))
				e := start(t, ck, a, engine.Options{Backend: backend})
				gradients := make([][][]float32, len(a.Layers))
				whole, groups := visited{}, 0
				losses, err := e.Sensitivity(t.Context(), all, func(g engine.Group) error {
					groups++
					whole.take(g)
					if g.Layer < 0 {
						return nil
					}
					for i, s := range all {
						dst := make([]float32, len(s.Tokens)*a.Hidden)
						if err := g.Gradient(i, dst); err != nil {
							return err
						}
						gradients[g.Layer] = append(gradients[g.Layer], dst)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				for layer := range a.Layers {
					rest := visited{}
					share := 0.0
					e := start(t, ck, a, engine.Options{Backend: backend, Workers: 1, Progress: func(p engine.Progress) { share = p.Share }})
					again, err := e.SensitivityFrom(t.Context(), all, &engine.Point{Layer: layer, Gradient: func(sample int, dst []float32) error {
						copy(dst, gradients[layer][sample])
						return nil
					}}, func(g engine.Group) error {
						if g.Layer >= layer {
							t.Errorf("from layer %d: layer %d is visited", layer, g.Layer)
						}
						rest.take(g)
						return nil
					})
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(again, losses) || layer > 0 && share < 0.999 {
						t.Errorf("from layer %d: losses %v, want %v; share %v", layer, again, losses, share)
					}
					for name, s := range rest {
						if !slices.Equal(s, whole[name]) {
							t.Errorf("from layer %d: S of %s differs", layer, name)
						}
					}
					if layer == 0 && len(rest) == 0 {
						t.Error("from layer 0: nothing is left to visit")
					}
				}
				if groups < len(a.Layers)+2 {
					t.Errorf("%d groups", groups)
				}
			})
		})
	}
}

// visited is S by the tensor's name.
type visited map[string][]float32

func (v visited) take(g engine.Group) {
	for _, t := range g.Tensors {
		v[fmt.Sprint(t.Name, t.Module.Path)] = slices.Clone(t.S)
	}
}

func TestARunGoesOnFromALayerThatThereIs(t *testing.T) {
	ck, a := open(t, filepath.Join(tiny, "plain"))
	e := start(t, ck, a, engine.Options{Backend: "go"})
	all := samples(t, filepath.Join(tiny, "plain", "samples.jsonl"))
	none := func(int, []float32) error { return nil }
	for _, layer := range []int{-1, len(a.Layers)} {
		if _, err := e.SensitivityFrom(t.Context(), all, &engine.Point{Layer: layer, Gradient: none}, func(engine.Group) error { return nil }); err == nil {
			t.Errorf("layer %d: no error", layer)
		}
	}
	if _, err := e.SensitivityFrom(t.Context(), all, &engine.Point{Layer: 1, Gradient: none}, func(engine.Group) error { return nil }); err != nil {
		t.Errorf("a gradient of zeros: %v", err)
	}
}

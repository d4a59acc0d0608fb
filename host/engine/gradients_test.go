package engine_test

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// randomFactors adapts every linear map and embedding that may be.
func randomFactors(a *arch.Architecture, rank int) []engine.Factors {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(n int, scale float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(rng.NormFloat64() * scale)
		}
		return v
	}
	shared := make(map[string]bool)
	for _, m := range a.Modules {
		if m.TiedTo != "" {
			shared[m.Path], shared[m.TiedTo] = true, true
		}
	}
	var all []engine.Factors
	for _, m := range a.Modules {
		if m.Kind == arch.Norm || m.Role == archpb.Role_ROLE_ROUTER || shared[m.Path] {
			continue
		}
		out, in := m.Out, m.In
		if m.Kind == arch.Embedding {
			out, in = in, out
		}
		all = append(all, engine.Factors{Path: m.Path, Rank: rank, A: random(rank*in, 0.1), B: random(out*rank, 0.1)})
	}
	return all
}

func zeroFactors(like []engine.Factors) []engine.Factors {
	var all []engine.Factors
	for _, f := range like {
		all = append(all, engine.Factors{Path: f.Path, Rank: f.Rank, A: make([]float32, len(f.A)), B: make([]float32, len(f.B))})
	}
	return all
}

// totalLoss is what Gradients differentiates.
func totalLoss(t *testing.T, e *engine.Engine, s []engine.Sample, weight float64) float64 {
	t.Helper()
	losses, err := e.Losses(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, l := range losses {
		n := 0
		for _, label := range s[i].Labels[1:] {
			if label >= 0 {
				n++
			}
		}
		sum += l * float64(n) * weight
	}
	return sum
}

// Every tensor's gradient is the loss's slope in its own direction.
func TestGradientsAreSlopesOfTheLoss(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		for _, variant := range []string{"plain", "gemma-untied", "gpt2", "opt-post", "phi3"} {
			t.Run(variant, func(t *testing.T) {
				folder := filepath.Join(tiny, variant)
				ck, a := open(t, folder)
				e := start(t, ck, a, engine.Options{Backend: backend})
				s := samples(t, filepath.Join(folder, "samples.jsonl"))
				factors := randomFactors(a, 3)
				if err := e.Adapt(factors); err != nil {
					t.Fatal(err)
				}
				gradients := zeroFactors(factors)
				const weight = 1.0 / 40
				losses, err := e.Gradients(context.Background(), s, weight, gradients)
				if err != nil {
					t.Fatal(err)
				}
				if want, err := e.Losses(context.Background(), s); err != nil || !slices.Equal(losses, want) {
					t.Errorf("losses %v, want %v (%v)", losses, want, err)
				}
				if backend != "go" && variant != "plain" {
					return
				}
				for i, f := range factors {
					checkSlope(t, e, s, weight, f.Path+" A", f.A, gradients[i].A)
					checkSlope(t, e, s, weight, f.Path+" B", f.B, gradients[i].B)
				}
			})
		}
	})
}

func checkSlope(t *testing.T, e *engine.Engine, s []engine.Sample, weight float64, name string, values, gradient []float32) {
	t.Helper()
	norm := 0.0
	for _, g := range gradient {
		norm += float64(g) * float64(g)
	}
	if norm == 0 {
		t.Errorf("%s: no gradient", name)
		return
	}
	const change = 4e-3 // of the loss, so that float32 tells it and the slope hardly bends
	step := change / norm
	at := func(sign float64) float64 {
		old := slices.Clone(values)
		defer copy(values, old)
		for i, g := range gradient {
			values[i] += float32(sign * step * float64(g))
		}
		return totalLoss(t, e, s, weight)
	}
	slope := (at(1) - at(-1)) / (2 * step * norm)
	if math.Abs(slope-1) > 2e-2 {
		t.Errorf("%s: slope is %.5f of the gradient's", name, slope)
	}
}

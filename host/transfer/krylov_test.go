package transfer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// spectrum is an n x m matrix with the singular values sigma(k).
func spectrum(n, m int, sigma func(k int) float64) matrix {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(m)))
	s := min(n, m)
	u, v := newBasis[float64](n, rng), newBasis[float64](m, rng)
	u.append(gaussian[float64](rng, s*n))
	v.append(gaussian[float64](rng, s*m))
	w := asMatrix(make([]float32, n*m), n, m)
	each(n, func(i int) {
		row := make([]float64, m)
		for k := range s {
			axpy(sigma(k)*u.rows[k][i], v.rows[k], row)
		}
		for j, x := range row {
			w.rows[i][j] = float32(x)
		}
	})
	return w
}

func TestFactorsKeepThePromiseOnDifficultSpectra(t *testing.T) {
	geometric := func(k int) float64 { return math.Pow(0.3, float64(k)) }
	for _, tt := range []struct {
		name string
		w    matrix
		rank int
	}{
		{"geometric", spectrum(120, 200, geometric), 16},
		{"one large", spectrum(120, 200, func(k int) float64 { return 1e4 / max(1, 1e4*float64(k)) }), 3},
		{"a gap of 1e-4", spectrum(150, 170, nearly(8, 1e-4)), 8},
		{"a gap of 1e-6", spectrum(150, 170, nearly(8, 1e-6)), 8},
		{"a small tail", spectrum(150, 170, func(k int) float64 { return 1/float64(k+1) + 1e-3 }), 16},
		{"wide", spectrum(70, 4000, func(k int) float64 { return 2 - float64(k)/70 }), 16},
		{"tall", spectrum(4000, 70, func(k int) float64 { return 2 - float64(k)/70 }), 16},
		{"odd sides and rank", spectrum(101, 203, power), 5},
		{"a large rank", spectrum(140, 150, power), 100},
		{"beyond float32's squares", random(90, 130, func(int) float64 { return 1e36 }), 5},
		{"denormal", random(90, 130, func(int) float64 { return 1e-40 }), 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := factorise(t.Context(), tt.w, tt.rank, false)
			if err != nil {
				t.Fatal(err)
			}
			d := difference(t, tt.w, f, tt.rank)
			t.Logf("the product is off by %.2g", d)
			if d > productError {
				t.Errorf("the product is off by %.2g", d)
			}
			checkSigns(t, f, tt.rank)
		})
	}
}

// nearly has singular values that fall slowly, but for those at rank, which are next to
// equal.
func nearly(rank int, gap float64) func(int) float64 {
	return func(k int) float64 {
		if k == rank {
			return (1 - float64(rank-1)/200) * (1 - gap)
		}
		return 1 - float64(k)/200
	}
}

// TestTiedSingularValuesGiveABestApproximation: which of the tied ones is taken is open,
// what is left of the matrix is not.
func TestTiedSingularValuesGiveABestApproximation(t *testing.T) {
	const n, m, rank = 90, 120, 6
	for name, sigma := range map[string]func(k int) float64{
		"two":      func(k int) float64 { return 1 / float64(k+1-k/rank) },
		"twelve":   func(k int) float64 { return 1 / float64(1+k/12) },
		"all":      func(int) float64 { return 3 },
		"low rank": func(k int) float64 { return float64(max(0, 4-k)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := spectrum(n, m, sigma)
			f, err := factorise(t.Context(), w, rank, false)
			if err != nil {
				t.Fatal(err)
			}
			var left, want, whole float64
			for i, r := range w.rows {
				for j, x := range r {
					d := float64(x)
					for k := range rank {
						d -= float64(f.b[i*rank+k]) * float64(f.a[k*m+j])
					}
					left += d * d
				}
			}
			for k := range n {
				whole += sigma(k) * sigma(k)
				if k >= rank {
					want += sigma(k) * sigma(k)
				}
			}
			if d := math.Abs(left - want); d > 1e-5*whole {
				t.Errorf("%g of %g is left, want %g", left, whole, want)
			}
		})
	}
}

func TestFactorisationEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := factorise(ctx, random(100, 120, flat), 8, false); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// BenchmarkFactorise takes windows of a small model, with the spectra that trained matrices
// have, and of a 7B model with the slowest one. The matrices of a layer are 4 and 3 of these.
func BenchmarkFactorise(b *testing.B) {
	// trained is that of SmolLM2's maps, about: 1 to 0.76 in 16 steps.
	trained := func(k int) float64 { return math.Pow(float64(k+1), -0.1) }
	for _, bench := range []struct {
		n, m int
		name string
		w    func(n, m int) matrix
	}{
		{384, 384, "trained", func(n, m int) matrix { return spectrum(n, m, trained) }},
		{1024, 384, "trained", func(n, m int) matrix { return spectrum(n, m, trained) }},
		{384, 1024, "trained", func(n, m int) matrix { return spectrum(n, m, trained) }},
		{2048, 2048, "random", func(n, m int) matrix { return random(n, m, flat) }},
		{2048, 5504, "random", func(n, m int) matrix { return random(n, m, flat) }},
	} {
		w := bench.w(bench.n, bench.m)
		b.Run(fmt.Sprintf("%dx%d %s", bench.n, bench.m, bench.name), func(b *testing.B) {
			before := cpuSeconds()
			for b.Loop() {
				if _, err := factorise(b.Context(), w, 16, false); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpuSeconds()-before)/float64(b.N), "cpu-s/op")
		})
	}
}

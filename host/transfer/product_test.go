package transfer

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestProductsAreTheDefinition: within 1e-13 of the sum of magnitudes.
func TestProductsAreTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, sh := range []struct{ n, m, k int }{{1, 1, 1}, {3, 5, 2}, {4, 4, 8}, {67, 1030, 8}, {130, 2051, 3}, {5, 64, 1}} {
		values := make([]float32, sh.n*sh.m)
		for i := range values {
			values[i] = float32(rng.NormFloat64())
		}
		w := asMatrix(values, sh.n, sh.m)
		check := func(name string, got []float64, at func(v, i int) (sum, size float64), length int) {
			for v := range sh.k {
				for i := range length {
					want, size := at(v, i)
					if d := math.Abs(got[v*length+i] - want); !(d <= 1e-13*size) {
						t.Fatalf("%+v: %s of vector %d is %v at %d, want %v", sh, name, v, got[v*length+i], i, want)
					}
				}
			}
		}
		x, y := normal(rng, sh.k*sh.m), normal(rng, sh.k*sh.n)
		multiply(w, x, y)
		check("w x", y, func(v, i int) (sum, size float64) {
			for j := range sh.m {
				p := float64(values[i*sh.m+j]) * x[v*sh.m+j]
				sum, size = sum+p, size+math.Abs(p)
			}
			return sum, size
		}, sh.n)
		x, y = normal(rng, sh.k*sh.n), normal(rng, sh.k*sh.m)
		multiplyT(w, x, y)
		check("w^T x", y, func(v, j int) (sum, size float64) {
			for i := range sh.n {
				p := float64(values[i*sh.m+j]) * x[v*sh.n+i]
				sum, size = sum+p, size+math.Abs(p)
			}
			return sum, size
		}, sh.m)
	}
}

func normal(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

func BenchmarkProduct(b *testing.B) {
	const n, m, k = 4096, 11008, 8
	rng := rand.New(rand.NewPCG(1, 1))
	w := asMatrix(make([]float32, n*m), n, m)
	for _, r := range w.rows {
		for j := range r {
			r[j] = rng.Float32()
		}
	}
	x, y := normal(rng, k*m), normal(rng, k*n)
	for name, f := range map[string]func(){
		"plain":      func() { multiply(w, x, y) },
		"transposed": func() { multiplyT(w, y, x) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(2*n*m*k*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
		})
	}
}

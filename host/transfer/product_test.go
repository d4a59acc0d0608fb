package transfer

import (
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
)

// TestProductsAreTheDefinition: within 1e-13 of the sum of magnitudes, float32 within 1e-5.
func TestProductsAreTheDefinition(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testProducts[float32](t, 1e-5) })
	t.Run("float64", func(t *testing.T) { testProducts[float64](t, 1e-13) })
}

func testProducts[T real](t *testing.T, tolerance float64) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, sh := range []struct{ n, m, k int }{{1, 1, 1}, {3, 5, 2}, {4, 4, 8}, {67, 1030, 8}, {130, 2051, 3}, {5, 64, 1}} {
		values := make([]float32, sh.n*sh.m)
		for i := range values {
			values[i] = float32(rng.NormFloat64())
		}
		w := asMatrix(values, sh.n, sh.m)
		check := func(name string, got []T, at func(v, i int) (sum, size float64), length int) {
			for v := range sh.k {
				for i := range length {
					want, size := at(v, i)
					if d := math.Abs(float64(got[v*length+i]) - want); !(d <= tolerance*size) {
						t.Fatalf("%+v: %s of vector %d is %v at %d, want %v", sh, name, v, got[v*length+i], i, want)
					}
				}
			}
		}
		x, y := normal[T](rng, sh.k*sh.m), normal[T](rng, sh.k*sh.n)
		multiply(w, x, y)
		check("w x", y, func(v, i int) (sum, size float64) {
			for j := range sh.m {
				p := float64(values[i*sh.m+j]) * float64(x[v*sh.m+j])
				sum, size = sum+p, size+math.Abs(p)
			}
			return sum, size
		}, sh.n)
		x, y = normal[T](rng, sh.k*sh.n), normal[T](rng, sh.k*sh.m)
		multiplyT(w, x, y)
		check("w^T x", y, func(v, j int) (sum, size float64) {
			for i := range sh.n {
				p := float64(values[i*sh.m+j]) * float64(x[v*sh.n+i])
				sum, size = sum+p, size+math.Abs(p)
			}
			return sum, size
		}, sh.m)
	}
}

func normal[T real](rng *rand.Rand, n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(rng.NormFloat64())
	}
	return v
}

func BenchmarkProduct(b *testing.B) {
	b.Run("float32", benchmarkProduct[float32])
	b.Run("float64", benchmarkProduct[float64])
}

func benchmarkProduct[T real](b *testing.B) {
	const n, m, k = 2048, 5504, 8
	rng := rand.New(rand.NewPCG(1, 1))
	w := asMatrix(make([]float32, n*m), n, m)
	for _, r := range w.rows {
		for j := range r {
			r[j] = rng.Float32()
		}
	}
	x, y := normal[T](rng, k*m), normal[T](rng, k*n)
	for name, f := range map[string]func(){
		"plain":      func() { multiply(w, x, y) },
		"transposed": func() { multiplyT(w, y, x) },
	} {
		b.Run(name, func(b *testing.B) {
			before := cpuSeconds()
			for b.Loop() {
				f()
			}
			b.ReportMetric(2*n*m*k*float64(b.N)/(cpuSeconds()-before)/1e9, "GFLOPS/core")
			b.ReportMetric(2*n*m*k*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
		})
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

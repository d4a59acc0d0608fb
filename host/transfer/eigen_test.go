package transfer

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLeadingEigenpairsAreEigenpairs: A v = lambda v within 1e-10 of the largest, the vectors
// orthonormal, and the values the largest ones.
func TestLeadingEigenpairsAreEigenpairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	diagonal := func(values ...float64) [][]float64 {
		rows := make([][]float64, len(values))
		for i, v := range values {
			rows[i] = make([]float64, i+1)
			rows[i][i] = v
		}
		return rows
	}
	gram := func(n, rank int) [][]float64 {
		x, rows := normal[float64](rng, n*rank), make([][]float64, n)
		for i := range rows {
			for j := range i + 1 {
				rows[i] = append(rows[i], dot(x[i*rank:(i+1)*rank], x[j*rank:(j+1)*rank]))
			}
		}
		return rows
	}
	for _, tt := range []struct {
		name string
		rows [][]float64
		k    int
	}{
		{"full", gram(90, 120), 20}, {"all", gram(30, 40), 30}, {"low rank", gram(60, 5), 12},
		{"diagonal", diagonal(3, 1, 4, 1, 5, 9), 3}, {"ties", diagonal(2, 2, 1, 2, 2, 2), 4},
		{"zero", diagonal(0, 0, 0), 2}, {"one", diagonal(7), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			values, vectors, err := eigenpairs(tt.rows, tt.k)
			if err != nil {
				t.Fatal(err)
			}
			n, trace, sum := len(tt.rows), 0.0, 0.0
			at := func(i, j int) float64 { return tt.rows[max(i, j)][min(i, j)] }
			for a := range tt.k {
				sum += values[a]
				if a > 0 && values[a] > values[a-1] {
					t.Errorf("values are %v", values)
				}
				for i := range n {
					got := 0.0
					for j := range n {
						got += at(i, j) * vectors.At(j, a)
					}
					if d := math.Abs(got - values[a]*vectors.At(i, a)); !(d <= 1e-10*values[0]) {
						t.Fatalf("pair %d is off by %g", a, d)
					}
				}
				for b := range a + 1 {
					d, want := 0.0, 0.0
					for i := range n {
						d += vectors.At(i, a) * vectors.At(i, b)
					}
					if a == b {
						want = 1
					}
					if math.Abs(d-want) > 1e-10 {
						t.Fatalf("vectors %d and %d have the product %g", a, b, d)
					}
				}
			}
			for i := range n {
				trace += at(i, i)
			}
			if tt.k == n && math.Abs(trace-sum) > 1e-10*trace {
				t.Errorf("values add up to %g, the diagonal to %g", sum, trace)
			}
		})
	}
}

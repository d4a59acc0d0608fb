package transfer

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// factors is a matrix's best approximation of rank r: B = U_r Sigma_r [n, r] and
// A = V_r^T [r, m].
type factors struct {
	b, a []float32
	// sigma is the singular values, the largest first.
	sigma []float32
	// energy is the share of the matrix's squared Frobenius norm that B A keeps.
	energy float64
}

// factorise takes the truncated singular value decomposition of w. All of Sigma is in
// B, and the largest entry by magnitude of each row of A (the first of several) is
// positive. The product is within productError of the exact one's, relative to its
// Frobenius norm. Equal input gives equal factors, on any number of cores. With turned,
// they are the factors of w's transpose.
func factorise(ctx context.Context, w matrix, rank int, turned bool) (*factors, error) {
	n, m := len(w.rows), w.cols
	if rank > min(n, m) {
		return nil, fmt.Errorf("rank %d is larger than the window [%d, %d]", rank, n, m)
	}
	norm := 0.0
	for i, r := range w.rows {
		sum := 0.0
		for j, v := range r {
			if v-v != 0 {
				return nil, fmt.Errorf("the weight is %v at [%d, %d] of the window, expected a number", v, i, j)
			}
			sum += float64(v) * float64(v)
		}
		norm += sum
	}
	var t triplets
	var err error
	if min(n, m) <= exactSide {
		t, err = exactSVD(w, rank)
	} else {
		t, err = krylovSVD(ctx, w, rank, math.Sqrt(norm))
	}
	if err != nil {
		return nil, fmt.Errorf("the singular value decomposition of the window [%d, %d]: %w", n, m, err)
	}
	if turned {
		t = t.transposed()
	}
	return t.factors(norm), nil
}

var errNotConverged = errors.New("it does not converge")

// exactSide is the largest smaller side of a matrix that is decomposed whole.
const exactSide = 64

// triplets are singular values, the largest first, with their vectors as rows: u
// [r][n], v [r][m].
type triplets struct {
	sigma []float64
	u, v  [][]float64
}

// exactSVD is LAPACK's, as gonum has it.
func exactSVD(w matrix, rank int) (triplets, error) {
	n, m := len(w.rows), w.cols
	d := mat.NewDense(n, m, nil)
	for i, r := range w.rows {
		for j, v := range r {
			d.Set(i, j, float64(v))
		}
	}
	var svd mat.SVD
	if !svd.Factorize(d, mat.SVDThin) {
		return triplets{}, errNotConverged
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	t := triplets{sigma: svd.Values(nil)[:rank]}
	for k := range rank {
		t.u = append(t.u, mat.Col(nil, k, &u))
		t.v = append(t.v, mat.Col(nil, k, &v))
	}
	return t, nil
}

// factors rounds to float32, signs fixed. norm is the matrix's squared norm.
func (t triplets) factors(norm float64) *factors {
	rank, n, m := len(t.sigma), len(t.u[0]), len(t.v[0])
	f := &factors{b: make([]float32, n*rank), a: make([]float32, rank*m), energy: 1}
	kept := 0.0
	for k, sigma := range t.sigma {
		sign := 1.0
		if largest(t.v[k]) < 0 {
			sign = -1
		}
		for j, v := range t.v[k] {
			f.a[k*m+j] = float32(sign * v)
		}
		for i, u := range t.u[k] {
			f.b[i*rank+k] = float32(sign * sigma * u)
		}
		f.sigma = append(f.sigma, float32(sigma))
		kept += sigma * sigma
	}
	if norm > 0 {
		f.energy = min(kept/norm, 1)
	}
	return f
}

// largest is the entry of largest magnitude, the first of several.
func largest(v []float64) float64 {
	best := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(best) {
			best = x
		}
	}
	return best
}

// transposed turns the factors of a matrix into those of its transpose: B' = V Sigma,
// A' = U^T.
func (t triplets) transposed() triplets { return triplets{t.sigma, t.v, t.u} }

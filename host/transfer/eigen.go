package transfer

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	lapack "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/mat"
)

// eigenpairs is the k largest eigenvalues of a symmetric matrix, the largest first, with
// their vectors as columns. Entries [i][j] with j <= i are read. It is a third of the work of
// all vectors: the matrix is made tridiagonal, whose vectors come by inverse iteration.
func eigenpairs(rows [][]float64, k int) ([]float64, *mat.Dense, error) {
	n := len(rows)
	t := tridiagonal{d: make([]float64, n), e: make([]float64, n-1)}
	a, tau := make([]float64, n*n), make([]float64, n-1)
	for i, r := range rows {
		copy(a[i*n:], r[:i+1])
	}
	var l lapack.Implementation
	work := make([]float64, n*64)
	l.Dsytrd(blas.Lower, n, a, n, t.d, t.e, tau, work, len(work))
	values := append([]float64(nil), t.d...)
	if !l.Dsterf(n, values, append([]float64(nil), t.e...)) {
		return nil, nil, errNotConverged
	}
	values = values[n-k:]
	for i := range k / 2 {
		values[i], values[k-1-i] = values[k-1-i], values[i]
	}
	c := make([]float64, n*k)
	for i, v := range t.vectors(values) {
		for j, x := range v {
			c[j*k+i] = x
		}
	}
	if n > 1 {
		l.Dormqr(blas.Left, blas.NoTrans, n-1, k, n-1, a[n:], n, tau, c[k:], k, work, len(work))
	}
	return values, mat.NewDense(n, k, c), nil
}

// tridiagonal is a symmetric matrix with the diagonal d and e beside it.
type tridiagonal struct{ d, e []float64 }

// vectors finds those of some eigenvalues by inverse iteration. Each is kept orthogonal to
// all before, so that equal values get different ones.
func (t tridiagonal) vectors(values []float64) [][]float64 {
	const solves = 3
	n := len(t.d)
	rng := rand.New(rand.NewPCG(3, 4))
	size := 1e-290 // of a matrix of zeros
	for _, v := range t.d {
		size = max(size, math.Abs(v))
	}
	var l lapack.Implementation
	d, below, above := make([]float64, n), make([]float64, n-1), make([]float64, n-1)
	var all [][]float64
	for _, value := range values {
		v := gaussian[float64](rng, n)
		for range solves {
			// Next to the value, because at it there is no solution.
			for step := 1e-15 * size; ; step *= 2 {
				for i := range d {
					d[i] = t.d[i] - value - step
				}
				copy(below, t.e)
				copy(above, t.e)
				if x := append([]float64(nil), v...); l.Dgtsv(n, 1, below, d, above, x, 1) {
					v = x
					break
				}
			}
			scale(1/norm(v), v)
			for _, u := range all {
				axpy(-dot(u, v), u, v)
			}
			scale(1/norm(v), v)
		}
		all = append(all, v)
	}
	return all
}

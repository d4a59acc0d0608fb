package transfer

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// small is the matrix M of lanczos: a column is what W^T makes of a vector of q, in
// the basis p.
type small struct {
	columns [][]float64
	// Its singular values and vectors.
	sigma       []float64
	left, right *mat.Dense
}

// productError bounds the error of the product of the factors, relative to its
// Frobenius norm.
const productError = 2.5e-4

// decompose takes the singular value decomposition of the leading size x size part.
func (m *small) decompose(size int) error {
	d := mat.NewDense(size, size, nil)
	for j, c := range m.columns[:size] {
		for i, x := range c {
			d.Set(i, j, x)
		}
	}
	var svd mat.SVD
	if !svd.Factorize(d, mat.SVDFull) {
		return errNotConverged
	}
	m.left, m.right = new(mat.Dense), new(mat.Dense)
	svd.UTo(m.left)
	svd.VTo(m.right)
	m.sigma = svd.Values(nil)
	return nil
}

// error bounds the error of the product of the first rank triplets, relative to its norm.
// The residual holds, for each of the last vectors of p, what the matrix makes of it beyond
// the basis q. A triplet with the residual r turns towards what is left out, whose
// singular values are at most sigma' (the largest that is not among the triplets), and
// so changes the product by at most
//
//	r sigma sqrt(sigma^2 + sigma'^2) / (sigma^2 - sigma'^2)
//
// to first order (Wedin 1972). Where sigma and sigma' cannot be told apart, it is
// infinite, until the residual is as small as rounding makes it: negligible.
func (m *small) error(rank int, residual [][]float64, negligible float64) float64 {
	size := len(m.sigma)
	if size <= rank {
		return math.Inf(1)
	}
	next := m.sigma[rank]
	var error2, kept2 float64
	for i, sigma := range m.sigma[:rank] {
		r := m.residual(i, residual)
		kept2 += sigma * sigma
		if r <= negligible*m.sigma[0] {
			continue
		}
		if sigma <= next {
			return math.Inf(1)
		}
		change := r * sigma * math.Sqrt(sigma*sigma+next*next) / (sigma*sigma - next*next)
		error2 += change * change
	}
	if error2 == 0 {
		return 0
	}
	return math.Sqrt(error2 / kept2)
}

// residual is the norm of what the matrix makes of left vector i beyond its basis.
func (m *small) residual(i int, residual [][]float64) float64 {
	first := len(m.sigma) - len(residual)
	sum := make([]float64, len(residual[0]))
	for k, c := range residual {
		axpy(m.left.At(first+k, i), c, sum)
	}
	return norm(sum)
}

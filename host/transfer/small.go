package transfer

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// small is the matrix M of krylovSVD: a column is what W^T makes of a vector of q, in
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

// converged reports whether the product of the first rank triplets is good enough. The
// residual holds, for each of the last vectors of p, what the matrix makes of it beyond
// the basis q. A triplet with the residual r turns towards what is left out, whose
// singular values are at most sigma' (the largest that is not among the triplets), and
// so changes the product by at most
//
//	r sigma sqrt(sigma^2 + sigma'^2) / (sigma^2 - sigma'^2)
//
// to first order (Wedin 1972). Where sigma and sigma' cannot be told apart, the
// residual must be as small as rounding makes it.
func (m *small) converged(rank int, residual [][]float64) bool {
	size := len(m.sigma)
	if size <= rank {
		return false
	}
	next := m.sigma[rank]
	var error2, kept2 float64
	for i, sigma := range m.sigma[:rank] {
		r := m.residual(i, residual)
		kept2 += sigma * sigma
		if r <= negligible*m.sigma[0] {
			continue
		}
		change := r * sigma * math.Sqrt(sigma*sigma+next*next) / (sigma*sigma - next*next)
		error2 += change * change // NaN or Inf where the two are equal
	}
	return error2 <= productError*productError*kept2
}

// residual is the norm of what the matrix makes of left vector i beyond its basis.
func (m *small) residual(i int, residual [][]float64) float64 {
	first := len(m.sigma) - len(residual)
	sum := make([]float64, len(residual[0]))
	for k, c := range residual {
		subtract(sum, -m.left.At(first+k, i), c)
	}
	return norm(sum)
}

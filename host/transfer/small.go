package transfer

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// small is the matrix M of lanczos: a column is what W^T makes of a vector of q, in
// the basis p.
type small struct {
	columns [][]float64
	gram    [][]float64 // M^T M, up to the diagonal
	// Its largest singular values and their vectors, as columns.
	sigma       []float64
	left, right *mat.Dense
}

// productError bounds the error of the product of the factors, relative to its
// Frobenius norm.
const productError = 2.5e-4

// all takes the singular value decomposition of the leading size x size part.
func (m *small) all(size int) error {
	var svd mat.SVD
	if !svd.Factorize(m.part(size), mat.SVDFull) {
		return errNotConverged
	}
	m.left, m.right = new(mat.Dense), new(mat.Dense)
	svd.UTo(m.left)
	svd.VTo(m.right)
	m.sigma = svd.Values(nil)
	return nil
}

// leading takes the k largest triplets of the leading size x size part, by way of M^T M:
// those below 1e-8 of the largest are lost.
func (m *small) leading(size, k int) (err error) {
	for j := len(m.gram); j < size; j++ {
		row := make([]float64, j+1)
		for i := range row {
			c := m.columns[i]
			row[i] = dot(c, m.columns[j][:len(c)])
		}
		m.gram = append(m.gram, row)
	}
	m.sigma, m.right, err = eigenpairs(m.gram[:size], min(k, size))
	if err != nil {
		return err
	}
	m.left = new(mat.Dense)
	m.left.Mul(m.part(size), m.right)
	for i, v := range m.sigma {
		m.sigma[i] = math.Sqrt(max(v, 0))
		for j := range size {
			if m.sigma[i] > 0 {
				m.left.Set(j, i, m.left.At(j, i)/m.sigma[i])
			}
		}
	}
	return nil
}

// part is the leading size x size part as a matrix.
func (m *small) part(size int) *mat.Dense {
	d := mat.NewDense(size, size, nil)
	for j, c := range m.columns[:size] {
		for i, x := range c {
			d.Set(i, j, x)
		}
	}
	return d
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
	if len(m.sigma) <= rank {
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
	size, _ := m.left.Dims()
	first := size - len(residual)
	sum := make([]float64, len(residual[0]))
	for k, c := range residual {
		axpy(m.left.At(first+k, i), c, sum)
	}
	return norm(sum)
}

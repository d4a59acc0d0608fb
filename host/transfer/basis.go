package transfer

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// basis is orthonormal vectors, as rows one after another.
type basis struct {
	length, size int
	vectors      []float64
	rng          *rand.Rand
}

func newBasis(length int, rng *rand.Rand) *basis { return &basis{length: length, rng: rng} }

// last is the last n vectors.
func (b *basis) last(n int) []float64 { return b.vectors[(b.size-n)*b.length:] }

// append orthonormalises vectors against the basis and each other and takes what is
// new into it. It returns each vector's coefficients in the basis that results. A
// vector that adds nothing is made up for by a random one, as long as there is room,
// so that a matrix of low rank does not end the search.
func (b *basis) append(vectors []float64) (coefficients [][]float64) {
	n := len(vectors) / b.length
	norms := make([]float64, n)
	for i := range norms {
		norms[i] = norm(vectors[i*b.length : (i+1)*b.length])
	}
	known := b.project(vectors, n)
	before := b.size
	for i := range n {
		v := vectors[i*b.length : (i+1)*b.length]
		c := append(known[i], make([]float64, b.size-before)...)
		if rest := b.clean(v, c, before); rest > negligible*norms[i] {
			if b.size < b.length {
				b.add(v, rest)
				c = append(c, rest)
			}
		} else {
			b.addRandom()
		}
		coefficients = append(coefficients, c)
	}
	for i, c := range coefficients {
		coefficients[i] = append(c, make([]float64, b.size-len(c))...)
	}
	return coefficients
}

// negligible is how little of a vector is taken for rounding errors.
const negligible = 1e-13

// project takes the basis's part off each vector, twice, because the first time
// leaves what rounding errors leave, and returns the coefficients.
func (b *basis) project(vectors []float64, n int) [][]float64 {
	all := make([][]float64, n)
	if b.size == 0 {
		return all
	}
	q := blas64.General{Rows: b.size, Cols: b.length, Stride: b.length, Data: b.vectors}
	v := blas64.General{Rows: n, Cols: b.length, Stride: b.length, Data: vectors}
	c := blas64.General{Rows: n, Cols: b.size, Stride: b.size, Data: make([]float64, n*b.size)}
	for i := range all {
		all[i] = make([]float64, b.size)
	}
	for range 2 {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, v, q, 0, c)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, -1, c, q, 1, v)
		for i := range all {
			for k := range all[i] {
				all[i][k] += c.Data[i*b.size+k]
			}
		}
	}
	return all
}

// clean takes off v, which project has worked on, what the vectors from first on have
// of it, and returns what is left of its norm. Where little is left, it goes over the
// whole basis again.
func (b *basis) clean(v, c []float64, first int) float64 {
	rest := norm(v)
	for range 3 {
		for k := first; k < b.size; k++ {
			q := b.vectors[k*b.length : (k+1)*b.length]
			d := dot(q, v)
			c[k] += d
			subtract(v, d, q)
		}
		before := rest
		if rest = norm(v); rest > before/2 {
			break
		}
		first = 0
	}
	return rest
}

func (b *basis) add(v []float64, length float64) {
	for _, x := range v {
		b.vectors = append(b.vectors, x/length)
	}
	b.size++
}

// addRandom adds a random direction, if there is one left.
func (b *basis) addRandom() {
	for b.size < b.length {
		v := gaussian(b.rng, b.length)
		before := norm(v)
		b.project(v, 1)
		if rest := norm(v); rest > before*1e-6 {
			b.add(v, rest)
			return
		}
	}
}

// combine is the first n linear combinations that the columns of c give.
func (b *basis) combine(c *mat.Dense, n int) [][]float64 {
	all := make([][]float64, n)
	each(n, func(i int) {
		v := make([]float64, b.length)
		rows, _ := c.Dims()
		for k := range rows {
			subtract(v, -c.At(k, i), b.vectors[k*b.length:(k+1)*b.length])
		}
		all[i] = v
	})
	return all
}

func norm(v []float64) float64 { return blas64.Nrm2(vector(v)) }

func dot(a, b []float64) float64 { return blas64.Dot(vector(a), vector(b)) }

// subtract is v -= f u.
func subtract(v []float64, f float64, u []float64) { blas64.Axpy(-f, vector(u), vector(v)) }

func vector(v []float64) blas64.Vector { return blas64.Vector{N: len(v), Inc: 1, Data: v} }

package transfer

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// basis is orthonormal vectors.
type basis[T real] struct {
	length int
	rows   [][]T
	rng    *rand.Rand
	// negligible is how little of a vector is taken for rounding errors.
	negligible float64
}

func newBasis[T real](length int, rng *rand.Rand) *basis[T] {
	return &basis[T]{length: length, rng: rng, negligible: negligible[T]()}
}

// negligible is how little is taken for rounding errors, relative to what they are of.
func negligible[T real]() float64 {
	var v T
	if _, single := any(v).(float32); single {
		return 1e-6
	}
	return 1e-13
}

func (b *basis[T]) size() int { return len(b.rows) }

// from is the vectors from number i on, one after another.
func (b *basis[T]) from(i int) []T {
	v := make([]T, 0, (b.size()-i)*b.length)
	for _, r := range b.rows[i:] {
		v = append(v, r...)
	}
	return v
}

// append orthonormalises vectors against the basis and each other and takes what is
// new into it; it works in their place. It returns each vector's coefficients in the basis
// that results. A vector that adds nothing is made up for by a random one, as long as
// there is room, so that a matrix of low rank does not end the search.
func (b *basis[T]) append(vectors []T) (coefficients [][]float64) {
	n := len(vectors) / b.length
	norms := make([]float64, n)
	for i := range norms {
		norms[i] = norm(vectors[i*b.length : (i+1)*b.length])
	}
	known := b.project(vectors, n)
	before := b.size()
	for i := range n {
		v := vectors[i*b.length : (i+1)*b.length]
		c := append(known[i], make([]float64, b.size()-before)...)
		if rest := b.clean(v, c, before); rest > b.negligible*norms[i] {
			if b.size() < b.length {
				b.add(v, rest)
				c = append(c, rest)
			}
		} else {
			b.addRandom()
		}
		coefficients = append(coefficients, c)
	}
	for i, c := range coefficients {
		coefficients[i] = append(c, make([]float64, b.size()-len(c))...)
	}
	return coefficients
}

// project takes the basis's part off each vector, twice, because the first time
// leaves what rounding errors leave, and returns the coefficients.
func (b *basis[T]) project(vectors []T, n int) [][]float64 {
	all := make([][]float64, n)
	size := b.size()
	if size == 0 {
		return all
	}
	for i := range all {
		all[i] = make([]float64, size)
	}
	c := make([]T, n*size)
	for range 2 {
		products(b.rows, vectors, c)
		for i := range c {
			all[i/size][i%size] += float64(c[i])
			c[i] = -c[i]
		}
		addCombined(b.rows, c, vectors)
	}
	return all
}

// clean takes off v, which project has worked on, what the vectors from first on have
// of it, and returns what is left of its norm. Where little is left, it goes over the
// whole basis again.
func (b *basis[T]) clean(v []T, c []float64, first int) float64 {
	rest := norm(v)
	for range 3 {
		for k, q := range b.rows[first:] {
			d := dot(q, v)
			c[first+k] += float64(d)
			axpy(-d, q, v)
		}
		before := rest
		if rest = norm(v); rest > before/2 {
			break
		}
		first = 0
	}
	return rest
}

// add takes v over as a part of the basis.
func (b *basis[T]) add(v []T, length float64) {
	scale(1/length, v)
	b.rows = append(b.rows, v)
}

// addRandom adds a random direction, if there is one left.
func (b *basis[T]) addRandom() {
	for b.size() < b.length {
		v := gaussian[T](b.rng, b.length)
		before := norm(v)
		b.project(v, 1)
		if rest := norm(v); rest > before*1e-3 {
			b.add(v, rest)
			return
		}
	}
}

// combine is the first n linear combinations of the first vectors that the columns of c
// give, one after another.
func (b *basis[T]) combine(c mat.Matrix, n int) []T {
	size, _ := c.Dims()
	x, y := make([]T, n*size), make([]T, n*b.length)
	for i := range n {
		for k := range size {
			x[i*size+k] = T(c.At(k, i))
		}
	}
	addCombined(b.rows[:size], x, y)
	return y
}

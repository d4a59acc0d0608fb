package transfer

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// The vectors of a basis, of either precision.

// products is each vector's inner products with the rows: c[v*len(rows)+k].
func products[T real](rows [][]T, vectors, c []T) {
	n := len(rows[0])
	if rows, ok := any(rows).([][]float32); ok {
		multiply(matrix{rows, n}, vectors, c)
		return
	}
	each(len(rows), func(k int) {
		for v := range len(vectors) / n {
			c[v*len(rows)+k] = dot(rows[k], vectors[v*n:(v+1)*n])
		}
	})
}

// addCombined adds a linear combination of the rows to each vector.
func addCombined[T real](rows [][]T, c, vectors []T) {
	n := len(rows[0])
	if rows, ok := any(rows).([][]float32); ok {
		addMultiplyT(matrix{rows, n}, c, vectors)
		return
	}
	each(len(vectors)/n, func(v int) {
		for k, r := range rows {
			axpy(c[v*len(rows)+k], r, vectors[v*n:(v+1)*n])
		}
	})
}

// norm is summed up in float64, where the squares of float32 neither overflow nor vanish.
func norm[T real](v []T) float64 {
	switch v := any(v).(type) {
	case []float32:
		return math.Sqrt(blas32.DDot(vector32(v), vector32(v)))
	case []float64:
		return blas64.Nrm2(vector64(v))
	}
	panic("unreachable")
}

func dot[T real](a, b []T) T {
	switch a := any(a).(type) {
	case []float32:
		return T(blas32.Dot(vector32(a), vector32(any(b).([]float32))))
	case []float64:
		return T(blas64.Dot(vector64(a), vector64(any(b).([]float64))))
	}
	panic("unreachable")
}

// axpy is v += f u.
func axpy[T real](f T, u, v []T) {
	switch u := any(u).(type) {
	case []float32:
		blas32.Axpy(float32(f), vector32(u), vector32(any(v).([]float32)))
	case []float64:
		blas64.Axpy(float64(f), vector64(u), vector64(any(v).([]float64)))
	}
}

func scale[T real](f float64, v []T) {
	for i := range v {
		v[i] = T(f * float64(v[i]))
	}
}

func vector32(v []float32) blas32.Vector { return blas32.Vector{N: len(v), Inc: 1, Data: v} }

func vector64(v []float64) blas64.Vector { return blas64.Vector{N: len(v), Inc: 1, Data: v} }

func gaussian[T real](rng *rand.Rand, n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(rng.NormFloat64())
	}
	return v
}

// split is a list's pieces of n.
func split[T any](list []T, n int) [][]T {
	var pieces [][]T
	for i := 0; i < len(list); i += n {
		pieces = append(pieces, list[i:i+n:i+n])
	}
	return pieces
}

package transfer

import (
	"context"
	"math/rand/v2"
)

// blockSize is how many vectors go through the matrix at a time: as many as keep the
// cores as busy as the memory.
const blockSize = 8

// krylovSVD finds the leading singular triplets by block Lanczos bidiagonalisation
// from a random start, with full reorthogonalisation (Golub and Kahan 1965; as a
// randomised block Krylov method: Musco and Musco 2015). Where the spectrum decays
// slowly, as a random matrix's does, plain subspace iteration (Halko et al. 2011)
// needs many times the passes over the matrix.
//
// Let q and p be the bases so far of the shorter and of the longer side, and W the
// matrix from the longer to the shorter. Then W^T Q = P M and W P = Q M^T + Q' S E^T,
// where Q' S is what the last block of p gives beyond Q. So M's triplets are W's but
// for a residual that is known. It goes on until the residuals show that the product
// is good enough (see small.converged), at the latest until q spans its whole side,
// where the triplets are exact.
func krylovSVD(ctx context.Context, w matrix, rank int) (triplets, error) {
	short, long := len(w.rows), w.cols
	toLong, toShort := multiplyT, multiply
	wide := short <= long
	if !wide {
		short, long = long, short
		toLong, toShort = multiply, multiplyT
	}
	rng := rand.New(rand.NewPCG(1, 2)) // equal matrices get equal factors
	q, p := newBasis(short, rng), newBasis(long, rng)
	start := make([]float64, blockSize*short)
	toShort(w, gaussian(rng, blockSize*long), start)
	q.append(start)

	var m small
	for check := rank + blockSize; ; {
		if err := ctx.Err(); err != nil {
			return triplets{}, err
		}
		fresh := q.last(q.size - p.size)
		block := make([]float64, len(fresh)/short*long)
		toLong(w, fresh, block)
		m.columns = append(m.columns, p.append(block)...)

		fresh = p.last(len(block) / long)
		block = make([]float64, len(fresh)/long*short)
		toShort(w, fresh, block)
		size := q.size
		residual := q.append(block)
		for i := range residual {
			residual[i] = residual[i][size:] // what Q does not have
		}
		done := q.size == size
		if p.size < check && !done {
			continue
		}
		if err := m.decompose(p.size); err != nil {
			return triplets{}, err
		}
		if done || m.converged(rank, residual) {
			t := triplets{sigma: m.sigma[:rank], u: q.combine(m.right, rank), v: p.combine(m.left, rank)}
			if !wide {
				t = t.transposed()
			}
			return t, nil
		}
		check = p.size + max(blockSize, p.size/4)
	}
}

func gaussian(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

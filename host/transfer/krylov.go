package transfer

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// krylovSVD finds the leading singular triplets of w, whose Frobenius norm is norm, in
// float32 first, which is several times as fast, and goes on from there in float64: as a
// rule that is one step, which says how good the triplets are.
func krylovSVD(ctx context.Context, w matrix, rank int, norm float64) (triplets, error) {
	var start []float64
	// In between, float32 can neither overflow nor lose much to denormals.
	if norm > 1e-15 && norm < 1e15 {
		l := newLanczos[float32](w, rank)
		if err := l.run(ctx, l.random(), productError/2); err != nil {
			return triplets{}, err
		}
		vectors := l.q.combine(l.m.right, min(rank+spare, len(l.m.sigma)))
		for _, v := range vectors {
			start = append(start, float64(v))
		}
	}
	l := newLanczos[float64](w, rank)
	if start == nil {
		start = l.random()
	}
	if err := l.run(ctx, start, productError); err != nil {
		return triplets{}, err
	}
	return l.triplets(), nil
}

const (
	// blockSize is how many vectors go through the matrix at a time: as many as keep the
	// cores as busy as the memory.
	blockSize = 8
	// spare is how many triplets more than asked for go from float32 to float64: to know
	// how good the last one is takes the next.
	spare = 4
)

// lanczos is a block Lanczos bidiagonalisation with full reorthogonalisation (Golub and
// Kahan 1965; from a random start, as a randomised block Krylov method: Musco and Musco
// 2015). Where the spectrum decays slowly, as a random matrix's does, plain subspace
// iteration (Halko et al. 2011) needs many times the passes over the matrix.
//
// Let q and p be the bases so far of the shorter and of the longer side, and W the
// matrix from the longer to the shorter. Then W^T Q = P M and W P = Q M^T + Q' S E^T,
// where Q' S is what the last block of p gives beyond Q. So M's triplets are W's but
// for a residual that is known.
type lanczos[T real] struct {
	w    matrix
	rank int
	wide bool
	q, p *basis[T]
	m    small
	rng  *rand.Rand
}

func newLanczos[T real](w matrix, rank int) *lanczos[T] {
	rng := rand.New(rand.NewPCG(1, 2)) // equal matrices get equal factors
	n, m := len(w.rows), w.cols
	return &lanczos[T]{
		w: w, rank: rank, wide: n <= m, rng: rng,
		q: newBasis[T](min(n, m), rng), p: newBasis[T](max(n, m), rng),
	}
}

// toLong is W^T x for vectors x of the shorter side.
func (l *lanczos[T]) toLong(x []T) []T { return l.through(x, l.q, l.p, l.wide) }

// toShort is W x for vectors x of the longer side.
func (l *lanczos[T]) toShort(x []T) []T { return l.through(x, l.p, l.q, !l.wide) }

// through multiplies vectors as long as those of one basis, for those of the other, with w
// or with its transpose.
func (l *lanczos[T]) through(x []T, from, to *basis[T], transposed bool) []T {
	y := make([]T, len(x)/from.length*to.length)
	if transposed {
		multiplyT(l.w, x, y)
	} else {
		multiply(l.w, x, y)
	}
	return y
}

// random is a start that knows nothing.
func (l *lanczos[T]) random() []T {
	return l.toShort(gaussian[T](l.rng, blockSize*l.p.length))
}

// run goes on from start until the residuals show that the product's error is at most
// tolerance (see small.error), at the latest until q spans its whole side, where the
// triplets are exact.
func (l *lanczos[T]) run(ctx context.Context, start []T, tolerance float64) error {
	l.q.append(start)
	next := pace{check: l.rank + spare}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		first := l.p.size()
		l.m.columns = append(l.m.columns, l.p.append(l.toLong(l.q.from(first)))...)
		size := l.q.size()
		residual := l.q.append(l.toShort(l.p.from(first)))
		for i := range residual {
			residual[i] = residual[i][size:] // what Q does not have
		}
		done := l.q.size() == size
		if l.p.size() < next.check && !done {
			continue
		}
		if err := l.decompose(); err != nil {
			return err
		}
		if done {
			return nil
		}
		off := l.m.error(l.rank, residual, l.q.negligible)
		if off <= tolerance {
			return nil
		}
		next.after(l.p.size(), off, tolerance)
	}
}

// decompose finds M's triplets. float32 ones are but a start, and there may be many of
// them.
func (l *lanczos[T]) decompose() error {
	if _, single := any(l.w.rows[0][:0]).([]T); single {
		return l.m.leading(l.p.size(), l.rank+spare)
	}
	return l.m.all(l.p.size())
}

// triplets is what run has found.
func (l *lanczos[T]) triplets() triplets {
	t := triplets{sigma: l.m.sigma[:l.rank], u: l.vectors(l.q, l.m.right), v: l.vectors(l.p, l.m.left)}
	if !l.wide {
		t = t.transposed()
	}
	return t
}

func (l *lanczos[T]) vectors(b *basis[T], c mat.Matrix) [][]float64 {
	all := make([][]float64, l.rank)
	for i, v := range split(b.combine(c, l.rank), b.length) {
		all[i] = make([]float64, b.length)
		for j, x := range v {
			all[i][j] = float64(x)
		}
	}
	return all
}

// pace says when to look at how good the triplets are, which takes time too.
type pace struct {
	check int // the size from which on it is worthwhile
	// size and off are what was seen last.
	size int
	off  float64
}

// after takes note of the error at a size. It falls geometrically, about.
func (p *pace) after(size int, off, tolerance float64) {
	step := max(blockSize, size/4)
	if p.size > 0 && off < p.off && !math.IsInf(p.off, 1) {
		rate := math.Log(p.off/off) / float64(size-p.size)
		step = int(min(max(math.Log(off/tolerance)/rate, blockSize), float64(size/2)))
	}
	p.size, p.off, p.check = size, off, size+step
}

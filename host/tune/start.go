package tune

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// The ways to begin from nothing. The first three are PEFT's init_lora_weights: true,
// "pissa" and "orthogonal". For a map W [out, in] and rank r:
//
//   - Kaiming: A uniform in ±1/sqrt(in), B zero.
//   - PiSSA (arXiv 2404.02948): W's truncated SVD U S V^T; B = U S^(1/2), A = S^(1/2) V^T.
//   - Orthogonal: Q of a random r x r matrix; A = (N Q_odd)^T / 10 and B = N' Q_even / 10
//     with N, N' normal, [in, r/2] and [out, r/2], Q_odd and Q_even every other row of Q.
//     B A is zero but for rounding.
//   - RandomSpectrum: as PiSSA with W's singular values S, but U and V random
//     orthonormal columns. What distinguishes it from PiSSA is the directions alone.
//
// PiSSA and RandomSpectrum begin with a product that is not zero. PEFT takes it off the
// base's weights; here the negative is part of the adapter, [B | -B0] and [A ; A0], so
// that it loads on the unmodified student.
//
// Embeddings begin with a zero A and a normal B in each of them, as in PEFT.
const (
	Kaiming        = "kaiming"
	PiSSA          = "pissa"
	Orthogonal     = "orthogonal"
	RandomSpectrum = "random-spectrum"
)

// Inits are the ways to begin from nothing.
var Inits = []string{Kaiming, PiSSA, Orthogonal, RandomSpectrum}

// Init says how to begin from nothing.
type Init struct {
	How     string // one of Inits
	Rank    int
	Seed    uint64
	Modules []*arch.Module // that get factors: linear maps and embeddings
	// BaseModel is the student's name, for the adapter's config.
	BaseModel string

	// Weight gives a module's canonical weight, Factorise the truncated SVD of rows x
	// cols values: b = U S [rows, rank] and a = V^T [rank, cols]. Both are asked only by
	// PiSSA and RandomSpectrum.
	Weight    func(ctx context.Context, m *arch.Module) ([]float32, error)
	Factorise func(ctx context.Context, values []float32, rows, cols, rank int) (b, a []float32, err error)
}

// Begin makes the start.
func (o Init) Begin(ctx context.Context) (Start, error) {
	if !slices.Contains(Inits, o.How) {
		return Start{}, fmt.Errorf("init %q: expected one of %v", o.How, Inits)
	}
	if o.Rank < 1 {
		return Start{}, fmt.Errorf("rank %d: expected 1 or more", o.Rank)
	}
	if o.How == Orthogonal && o.Rank%2 != 0 {
		return Start{}, hint.With(fmt.Errorf("rank %d is odd: the orthogonal start takes an even one", o.Rank), fmt.Sprintf("--rank %d or --rank %d", o.Rank-1, o.Rank+1))
	}
	modules := slices.Clone(o.Modules)
	slices.SortFunc(modules, func(a, b *arch.Module) int { return cmp.Compare(a.Path, b.Path) })
	s := Start{Adapter: &peft.Adapter{BaseModel: o.BaseModel, Rank: o.Rank}}
	if o.How == PiSSA || o.How == RandomSpectrum {
		s.Fold, s.Negative = true, &peft.Adapter{BaseModel: o.BaseModel, Rank: o.Rank}
	}
	for _, m := range modules {
		if err := ctx.Err(); err != nil {
			return Start{}, err
		}
		f, err := o.factors(ctx, m)
		if err != nil {
			return Start{}, fmt.Errorf("%s: %w", m.Path, err)
		}
		s.Adapter.Modules = append(s.Adapter.Modules, f)
		s.Adapter.FanInFanOut = s.Adapter.FanInFanOut || m.FanInFanOut
		if s.Negative != nil {
			s.Negative.Modules = append(s.Negative.Modules, negative(f))
		}
	}
	if s.Negative != nil {
		s.Negative.FanInFanOut = s.Adapter.FanInFanOut
	}
	return s, nil
}

// negative is what takes a module's start off the base again.
func negative(f peft.Module) peft.Module {
	a := make([]float32, len(f.A))
	for i, v := range f.A {
		a[i] = -v
	}
	f.A, f.B = a, slices.Clone(f.B)
	return f
}

// factors are a module's.
func (o Init) factors(ctx context.Context, m *arch.Module) (peft.Module, error) {
	f := peft.Module{Path: m.Path, Out: m.Out, In: m.In}
	if m.Kind == arch.Embedding {
		f.Embedding, f.Out, f.In = true, m.In, m.Out
	}
	f.A, f.B = make([]float32, o.Rank*f.In), make([]float32, f.Out*o.Rank)
	random := newStream(o.Seed, m.Path)
	switch {
	case f.Embedding:
		normal(random, f.B, 1)
	case o.How == Kaiming:
		random.uniform(f.A, 1/math.Sqrt(float64(f.In)))
	case o.How == Orthogonal:
		o.orthogonal(random, &f)
	default:
		return f, o.spectral(ctx, m, random, &f)
	}
	return f, nil
}

func (o Init) orthogonal(random stream, f *peft.Module) {
	q := random.orthonormal(o.Rank, o.Rank)
	half := o.Rank / 2
	mix := func(n int, first int, set func(i, k int, v float32)) {
		values := make([]float64, n*half)
		normal(random, values, 0.1)
		for i := range n {
			for k := range o.Rank {
				sum := 0.0
				for h := range half {
					sum += values[i*half+h] * q[first+2*h][k]
				}
				set(i, k, float32(sum))
			}
		}
	}
	mix(f.In, 0, func(i, k int, v float32) { f.A[k*f.In+i] = v })
	mix(f.Out, 1, func(i, k int, v float32) { f.B[i*o.Rank+k] = v })
}

// spectral takes the weight's singular values, and for PiSSA its directions.
func (o Init) spectral(ctx context.Context, m *arch.Module, random stream, f *peft.Module) error {
	if o.Rank > min(f.Out, f.In) {
		return hint.With(fmt.Errorf("rank %d is larger than the weight [%d, %d]", o.Rank, f.Out, f.In),
			fmt.Sprintf("--rank %d is the largest that this module can have", min(f.Out, f.In)))
	}
	w, err := o.Weight(ctx, m)
	if err != nil {
		return err
	}
	b, a, err := o.Factorise(ctx, w, f.Out, f.In, o.Rank)
	if err != nil {
		return err
	}
	var u, v [][]float64
	if o.How == RandomSpectrum {
		u, v = random.orthonormal(o.Rank, f.Out), random.orthonormal(o.Rank, f.In)
	}
	for k := range o.Rank {
		square := 0.0
		for i := range f.Out {
			square += float64(b[i*o.Rank+k]) * float64(b[i*o.Rank+k])
		}
		root := math.Sqrt(math.Sqrt(square)) // of the singular value
		for i := range f.Out {
			switch {
			case u != nil:
				f.B[i*o.Rank+k] = float32(u[k][i] * root)
			case root > 0:
				f.B[i*o.Rank+k] = float32(float64(b[i*o.Rank+k]) / root)
			}
		}
		for j := range f.In {
			direction := float64(a[k*f.In+j])
			if v != nil {
				direction = v[k][j]
			}
			f.A[k*f.In+j] = float32(direction * root)
		}
	}
	return nil
}

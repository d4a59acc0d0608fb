package tune

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

const (
	out  = 40
	in   = 24
	rank = 6
)

// begin starts a linear map and an embedding from nothing.
func begin(t *testing.T, how string, seed uint64) (Start, []float32) {
	t.Helper()
	weight := make([]float32, out*in)
	normal(newStream(9, "weight"), weight, 1)
	o := Init{
		How: how, Rank: rank, Seed: seed, Factorise: transfer.Factorise,
		Modules: []*arch.Module{{Path: "up", Kind: arch.Linear, Out: out, In: in}, {Path: "embed", Kind: arch.Embedding, Out: 50, In: in}},
		Weight:  func(context.Context, *arch.Module) ([]float32, error) { return weight, nil },
	}
	s, err := o.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s, weight
}

// product is B A.
func product(m *peft.Module, rank int) []float64 {
	p := make([]float64, m.Out*m.In)
	for i := range m.Out {
		for j := range m.In {
			for k := range rank {
				p[i*m.In+j] += float64(m.B[i*rank+k]) * float64(m.A[k*m.In+j])
			}
		}
	}
	return p
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

func TestStartsFromNothingAreTheStudent(t *testing.T) {
	for _, how := range Inits {
		s, _ := begin(t, how, 1)
		for i := range s.Adapter.Modules {
			m := &s.Adapter.Modules[i]
			p := product(m, rank)
			if s.Negative != nil {
				for j, v := range product(&s.Negative.Modules[i], rank) {
					p[j] += v
				}
			}
			if n := norm(p); n > 1e-6 {
				t.Errorf("%s, %s: B A has the norm %v", how, m.Path, n)
			}
			if m.Embedding && (slices.Max(m.A) != 0 || slices.Min(m.A) != 0 || slices.Max(m.B) == 0) {
				t.Errorf("%s: an embedding does not begin with a zero A and a normal B", how)
			}
		}
	}
}

func TestKaimingIsUniformUpToItsBound(t *testing.T) {
	s, _ := begin(t, Kaiming, 1)
	m := s.Adapter.Module("up")
	bound := 1 / math.Sqrt(in)
	sum, most := 0.0, 0.0
	for _, v := range m.A {
		sum += float64(v) * float64(v)
		most = max(most, math.Abs(float64(v)))
	}
	deviation := math.Sqrt(sum/float64(len(m.A))) / bound
	if most > bound || most < 0.95*bound || math.Abs(deviation-1/math.Sqrt(3)) > 0.05 {
		t.Errorf("largest %v, deviation %v of %v", most, deviation, bound)
	}
}

// PiSSA has the best approximation of rank r, with the singular values in equal parts in
// A and B; a random spectrum has them too, but nothing of the weight's directions.
func TestSpectralStartsHaveTheWeightsSingularValues(t *testing.T) {
	pissa, weight := begin(t, PiSSA, 1)
	random, _ := begin(t, RandomSpectrum, 1)
	b, a, err := transfer.Factorise(context.Background(), weight, out, in, rank)
	if err != nil {
		t.Fatal(err)
	}
	exact := product(&peft.Module{Out: out, In: in, A: a, B: b}, rank)
	p, r := pissa.Adapter.Module("up"), random.Adapter.Module("up")
	got := product(p, rank)
	off := make([]float64, len(got))
	for i := range got {
		off[i] = got[i] - exact[i]
	}
	if norm(off) > 1e-5*norm(exact) {
		t.Errorf("pissa is off by %v of %v", norm(off), norm(exact))
	}
	if n := norm(product(r, rank)); math.Abs(n/norm(exact)-1) > 1e-5 {
		t.Errorf("the random spectrum's norm is %v, want %v", n, norm(exact))
	}
	for k := range rank {
		for name, m := range map[string]*peft.Module{"pissa": p, "random": r} {
			var row, column, sigma float64
			for j := range in {
				row += float64(m.A[k*in+j]) * float64(m.A[k*in+j])
			}
			for i := range out {
				column += float64(m.B[i*rank+k]) * float64(m.B[i*rank+k])
				sigma += float64(b[i*rank+k]) * float64(b[i*rank+k])
			}
			if math.Abs(row/column-1) > 1e-5 || math.Abs(row/math.Sqrt(sigma)-1) > 1e-5 {
				t.Errorf("%s, %d: squared norms %v and %v, want %v", name, k, row, column, math.Sqrt(sigma))
			}
		}
	}
}

func TestStartsDependOnTheSeedAlone(t *testing.T) {
	for _, how := range []string{Kaiming, Orthogonal, RandomSpectrum} {
		one, _ := begin(t, how, 1)
		same, _ := begin(t, how, 1)
		other, _ := begin(t, how, 2)
		m := one.Adapter.Module("up")
		if !slices.Equal(m.A, same.Adapter.Module("up").A) || !slices.Equal(m.B, same.Adapter.Module("up").B) {
			t.Errorf("%s: one seed gives two starts", how)
		}
		if slices.Equal(m.A, other.Adapter.Module("up").A) {
			t.Errorf("%s: two seeds give one start", how)
		}
	}
}

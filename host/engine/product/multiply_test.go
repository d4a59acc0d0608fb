package product

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/gomlx/compute/gobackend"
)

// problem has a, b and out at an offset from their alignment, with sentinels around out.
type problem struct {
	shape
	a, b, out []float32
	around    []float32
}

const sentinel = 12345

func newProblem(s shape, offset int, value func() float32) *problem {
	floats := func(n int) []float32 {
		v := make([]float32, n+offset)[offset:]
		for i := range v {
			v[i] = value()
		}
		return v
	}
	p := &problem{shape: s, a: floats(s.batch * s.m * s.k), b: floats(s.batch * s.k * s.n)}
	p.around = slices.Repeat([]float32{sentinel}, s.batch*s.m*s.n+offset+32)
	p.out = p.around[offset : len(p.around)-32]
	return p
}

func (p *problem) at(batch, k, n int) float32 {
	if p.turned {
		return p.b[(batch*p.n+n)*p.k+k]
	}
	return p.b[(batch*p.k+k)*p.n+n]
}

// compare allows each product and each sum its rounding.
func (p *problem) compare(t *testing.T) {
	t.Helper()
	multiply(p.out, p.a, p.b, p.shape)
	for batch := range p.batch {
		for row := range p.m {
			for col := range p.n {
				var want, size float64
				for k := range p.k {
					x := float64(p.a[(batch*p.m+row)*p.k+k]) * float64(p.at(batch, k, col))
					want, size = want+x, size+math.Abs(x)
				}
				got := float64(p.out[(batch*p.m+row)*p.n+col])
				if d := math.Abs(got - want); !(d <= size*float64(p.k+2)/(1<<24)) {
					t.Fatalf("[%d, %d, %d] = %v, want %v", batch, row, col, got, want)
				}
			}
		}
	}
	for i, v := range p.around {
		if v != sentinel && (i < len(p.around)-32-len(p.out) || i >= len(p.around)-32) {
			t.Fatalf("entry %d around the result is overwritten", i)
		}
	}
}

func TestEqualsAFloat64ReferenceOnOddShapes(t *testing.T) {
	requireKernel(t)
	sizes := []int{1, 7, 16, 63, 65, 257}
	for i, m := range sizes {
		for j, n := range sizes {
			for _, turned := range []bool{false, true} {
				s := shape{1 + (i+j)%3, m, n, sizes[(i+2*j)%len(sizes)], turned}
				t.Run(fmt.Sprint(s), func(t *testing.T) { newProblem(s, (i+j)%4, normal(uint64(6*i+j))).compare(t) })
			}
		}
	}
	newProblem(shape{1, 20, 40, 600, true}, 0, normal(1)).compare(t)
	newProblem(shape{2, 3, 4, 0, false}, 0, normal(1)).compare(t)
}

func TestInfinitiesNaNAndDenormalsReachWhatTheyMustAndNothingElse(t *testing.T) {
	requireKernel(t)
	for _, v := range []float32{float32(math.Inf(1)), float32(math.NaN()), math.SmallestNonzeroFloat32} {
		for _, turned := range []bool{false, true} {
			p := newProblem(shape{1, 13, 37, 300, turned}, 1, func() float32 { return 1 })
			for k := range p.k {
				p.a[5*p.k+k] = v
			}
			multiply(p.out, p.a, p.b, p.shape)
			want := v
			if v == math.SmallestNonzeroFloat32 {
				want *= 300
			}
			for i, got := range p.out {
				switch {
				case i/p.n != 5 && got != 300, i/p.n == 5 && got != want && v == v, i/p.n == 5 && v != v && got == got:
					t.Fatalf("%v: [%d, %d] = %v", v, i/p.n, i%p.n, got)
				}
			}
		}
	}
}

func TestEqualBytesForAnyNumberOfWorkers(t *testing.T) {
	requireKernel(t)
	var first []float32
	for _, workers := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(workers)
		p := newProblem(shape{1, 300, 500, 400, true}, 0, normal(4))
		multiply(p.out, p.a, p.b, p.shape)
		runtime.GOMAXPROCS(before)
		if first == nil {
			first = p.out
		} else if !slices.Equal(first, p.out) {
			t.Errorf("%d workers: other bytes", workers)
		}
	}
}

// The backend must really multiply with this package where it can: a release of GoMLX
// that keeps its products elsewhere fails here.
func TestTheBackendMultipliesWithThisPackage(t *testing.T) {
	requireKernel(t)
	if _, err := gobackend.New("ops_sequential"); err != nil {
		t.Fatal(err)
	}
	if !Install() {
		t.Fatal("the backend has no place for it")
	}
}

func FuzzShapes(f *testing.F) {
	f.Add(uint8(1), uint8(7), uint8(65), uint16(300), uint8(1), true, uint64(1))
	f.Fuzz(func(t *testing.T, batch, m, n uint8, k uint16, offset uint8, turned bool, seed uint64) {
		requireKernel(t)
		s := shape{int(batch) % 4, int(m) % 40, int(n) % 80, int(k) % 600, turned}
		newProblem(s, int(offset)%8, normal(seed)).compare(t)
	})
}

// requireKernel ends a test where the processor has no kernel: there is nothing to test.
func requireKernel(t testing.TB) {
	if !available() {
		t.Skip("no kernel for this processor")
	}
}

func normal(seed uint64) func() float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() float32 { return float32(r.NormFloat64()) }
}

func BenchmarkMultiply(b *testing.B) {
	requireKernel(b)
	for _, s := range []shape{
		{1, 168, 1536, 576, true}, {1, 168, 576, 1536, false}, {9, 168, 168, 64, true}, {9, 168, 64, 168, false},
		{1, 256, 4096, 4096, true}, {1, 256, 11008, 4096, false},
	} {
		b.Run(fmt.Sprint(s), func(b *testing.B) {
			p := newProblem(s, 0, normal(1))
			before := cpuSeconds()
			for b.Loop() {
				multiply(p.out, p.a, p.b, s)
			}
			flops := 2 * float64(s.batch) * float64(s.m) * float64(s.n) * float64(s.k) * float64(b.N)
			b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOPS")
			b.ReportMetric(flops/(cpuSeconds()-before)/1e9, "GFLOPS/core")
		})
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

package transfer

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// bruteForce adds every window up in exact arithmetic.
func bruteForce(s matrix, n, m int) (row, col int, sum float64) {
	best := new(big.Float).SetPrec(2000).SetInt64(-1)
	for i := 0; i+n <= len(s.rows); i++ {
		for j := 0; j+m <= s.cols; j++ {
			v := new(big.Float).SetPrec(2000)
			for _, r := range s.rows[i : i+n] {
				for _, e := range r[j : j+m] {
					v.Add(v, new(big.Float).SetFloat64(float64(e)))
				}
			}
			if v.Cmp(best) > 0 {
				best, row, col = v, i, j
			}
		}
	}
	sum, _ = best.Float64()
	return row, col, sum
}

func TestSearchEqualsABruteForceWithExactSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	entries := map[string]func() float32{
		"uniform":  rng.Float32,
		"integers": func() float32 { return float32(rng.IntN(3)) }, // many ties
		"zeros":    func() float32 { return 0 },
		"sparse":   func() float32 { return float32(rng.IntN(20)/19) * rng.Float32() },
		"any magnitude": func() float32 {
			return math.Float32frombits(rng.Uint32() & (1<<31 - 1) % (255 << 23)) // from 1e-45 to 3e38
		},
		"two magnitudes": func() float32 { // 1e30 hides everything beside it in float64
			if rng.IntN(10) == 0 {
				return 1e30
			}
			return rng.Float32()
		},
		"denormals":     func() float32 { return math.Float32frombits(rng.Uint32() & (1<<23 - 1)) },
		"largest":       func() float32 { return math.MaxFloat32 },
		"negative zero": func() float32 { return math.Float32frombits(1<<31) + float32(rng.IntN(2)) },
	}
	shapes := []struct{ rows, cols, n, m int }{
		{1, 1, 1, 1}, {7, 9, 3, 4}, {7, 9, 7, 9}, {7, 9, 1, 1}, {7, 9, 7, 2}, {7, 9, 2, 9}, {40, 5, 3, 2}, {5, 70, 2, 33}, {37, 3, 20, 1},
	}
	for name, entry := range entries {
		t.Run(name, func(t *testing.T) {
			for _, sh := range shapes {
				values := make([]float32, sh.rows*sh.cols)
				for i := range values {
					values[i] = entry()
				}
				s := asMatrix(values, sh.rows, sh.cols)
				x, err := newExact(s)
				if err != nil {
					t.Fatal(err)
				}
				wantRow, wantCol, wantSum := bruteForce(s, sh.n, sh.m)
				for name, search := range map[string]func(exact, matrix, int, int) (int, int, float64){"search": search, "all": searchAll} {
					row, col, sum := search(x, s, sh.n, sh.m)
					if row != wantRow || col != wantCol || sum != wantSum {
						t.Errorf("%s %+v: found [%d, %d] with %v, a brute force [%d, %d] with %v", name, sh, row, col, sum, wantRow, wantCol, wantSum)
					}
				}
			}
		})
	}
}

func TestSearchIsTheSameOnAnyNumberOfCores(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	values := make([]float32, 300*200)
	for i := range values {
		values[i] = float32(rng.ExpFloat64())
	}
	s := asMatrix(values, 300, 200)
	type result struct {
		row, col int
		sum      float64
	}
	var want result
	for _, cores := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(cores)
		x, err := newExact(s)
		if err != nil {
			t.Fatal(err)
		}
		row, col, sum := search(x, s, 120, 90)
		runtime.GOMAXPROCS(before)
		if got := (result{row, col, sum}); cores == 1 {
			want = got
		} else if got != want {
			t.Errorf("%d cores: %v, one: %v", cores, got, want)
		}
	}
}

func TestSearchRefusesWhatIsNoSensitivity(t *testing.T) {
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), -1e-30} {
		s := asMatrix([]float32{1, 2, 3, v, 5, 6}, 2, 3)
		_, err := newExact(s)
		if want := fmt.Sprintf("the sensitivity is %v at [1, 0]", v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
}

// BenchmarkSearch looks for the windows of a 7B model's matrices, of half its size and of
// nearly all of it.
func BenchmarkSearch(b *testing.B) {
	for _, sh := range []struct{ rows, cols, n, m int }{{4096, 11008, 2048, 5504}, {13824, 5120, 11008, 4096}} {
		b.Run(fmt.Sprint(sh.rows, "x", sh.cols), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(5, 6))
			values := make([]float32, sh.rows*sh.cols)
			for i := range values {
				values[i] = float32(math.Exp(4*rng.NormFloat64()) * 1e-8) // as wide as S is
			}
			s := asMatrix(values, sh.rows, sh.cols)
			before := cpuSeconds()
			for b.Loop() {
				x, err := newExact(s)
				if err != nil {
					b.Fatal(err)
				}
				search(x, s, sh.n, sh.m)
			}
			b.ReportMetric((cpuSeconds()-before)/float64(b.N), "cpu-s/op")
		})
	}
}

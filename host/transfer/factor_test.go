package transfer

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// random is a matrix of normal entries times the row's decay.
func random(n, m int, decay func(k int) float64) matrix {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(m)))
	w := asMatrix(make([]float32, n*m), n, m)
	for i, r := range w.rows {
		f := decay(i)
		for j := range r {
			r[j] = float32(f * rng.NormFloat64())
		}
	}
	return w
}

func flat(int) float64 { return 1 }

func power(k int) float64 { return math.Pow(float64(k+1), -0.7) }

func lowRank(k int) float64 {
	if k >= 5 {
		return 0
	}
	return 1
}

// difference is how far the product of the factors is from the exact truncated SVD's,
// relative to the latter's Frobenius norm.
func difference(t *testing.T, w matrix, f *factors, rank int) float64 {
	t.Helper()
	exact, err := exactSVD(w, rank)
	if err != nil {
		t.Fatal(err)
	}
	m := w.cols
	var off, size float64
	for i := range w.rows {
		for j := range m {
			got, want := 0.0, 0.0
			for k, s := range exact.sigma {
				got += float64(f.b[i*rank+k]) * float64(f.a[k*m+j])
				want += s * exact.u[k][i] * exact.v[k][j]
			}
			off, size = off+(got-want)*(got-want), size+want*want
		}
	}
	if size == 0 {
		return math.Sqrt(off)
	}
	return math.Sqrt(off / size)
}

// TestFactorsAreTheExactOnesWithinATenthOfAPerMille: the promise is 1e-3, the aim 1e-4.
func TestFactorsAreTheExactOnesWithinATenthOfAPerMille(t *testing.T) {
	tests := []struct {
		name string
		w    matrix
		rank int
	}{
		{"exact", random(60, 200, flat), 16},
		{"flat spectrum", random(192, 512, flat), 16},
		{"flat spectrum, tall", random(300, 180, flat), 16},
		{"square", random(200, 200, flat), 8},
		{"decaying", random(150, 400, power), 16},
		{"low rank", random(150, 400, lowRank), 16},
		{"zero", random(100, 120, func(int) float64 { return 0 }), 4},
		{"whole rank", random(80, 90, flat), 80},
		{"rank one less", random(80, 90, flat), 79},
		{"one row", random(1, 300, flat), 1},
		{"orthogonal", identity(100), 7},
		{"tiny", random(90, 130, func(int) float64 { return 1e-30 }), 5},
		{"huge", random(90, 130, func(int) float64 { return 1e30 }), 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := factorise(t.Context(), tt.w, tt.rank, false)
			if err != nil {
				t.Fatal(err)
			}
			if tt.name == "orthogonal" {
				// Every choice of vectors is as good: the product is a projection of that rank.
				if math.Abs(f.energy-0.07) > 1e-6 {
					t.Errorf("energy is %v, want 0.07", f.energy)
				}
				return
			}
			if d := difference(t, tt.w, f, tt.rank); d > 1e-4 {
				t.Errorf("the product is off by %.2g", d)
			} else {
				t.Logf("the product is off by %.2g", d)
			}
			checkSigns(t, f, tt.rank)
		})
	}
}

func identity(n int) matrix {
	w := asMatrix(make([]float32, n*n), n, n)
	for i, r := range w.rows {
		r[i] = 1
	}
	return w
}

func checkSigns(t *testing.T, f *factors, rank int) {
	t.Helper()
	m := len(f.a) / rank
	for k := range rank {
		best := float32(0)
		for _, x := range f.a[k*m : (k+1)*m] {
			if max(x, -x) > max(best, -best) {
				best = x
			}
		}
		if best < 0 {
			t.Errorf("row %d of A has the largest entry %v", k, best)
		}
	}
}

func TestFactorsOfASlowSpectrumOfRealSize(t *testing.T) {
	w := random(576, 1536, flat)
	f, err := factorise(t.Context(), w, 16, false)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(t, w, f, 16); d > 1e-4 {
		t.Errorf("the product is off by %.2g", d)
	}
}

func TestFactorsAreTheSameBytesOnAnyNumberOfCores(t *testing.T) {
	w := random(300, 1100, power)
	var want []byte
	for _, cores := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(cores)
		f, err := factorise(t.Context(), w, 12, false)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, append(f.a, f.b...)); err != nil {
			t.Fatal(err)
		}
		if cores == 1 {
			want = b.Bytes()
		} else if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%d cores give other factors than one", cores)
		}
	}
}

func TestFactoriseRefuses(t *testing.T) {
	if _, err := factorise(t.Context(), random(5, 9, flat), 6, false); err == nil || !strings.Contains(err.Error(), "rank 6 is larger than the window [5, 9]") {
		t.Errorf("error is %v", err)
	}
	w := random(5, 9, flat)
	w.rows[2][3] = float32(math.NaN())
	if _, err := factorise(t.Context(), w, 2, false); err == nil || !strings.Contains(err.Error(), "the weight is NaN at [2, 3]") {
		t.Errorf("error is %v", err)
	}
}

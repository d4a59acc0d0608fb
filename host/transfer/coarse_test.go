package transfer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// lognormal is a matrix with entries as far apart as S's are.
func lognormal(rng *rand.Rand, n, m int) matrix {
	values := make([]float32, n*m)
	for i := range values {
		values[i] = float32(math.Exp(4*rng.NormFloat64()) * 1e-8)
	}
	return asMatrix(values, n, m)
}

func TestCoarseSumsLeaveFewBlocksAndTheLargestAmongThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, sh := range []struct{ rows, cols, n, m int }{{90, 130, 40, 61}, {90, 130, 90, 61}, {90, 130, 40, 130}, {33, 301, 17, 3}} {
		s := lognormal(rng, sh.rows, sh.cols)
		x, err := newExact(s)
		if err != nil {
			t.Fatal(err)
		}
		few, ok := candidates(s, sh.n, sh.m, x.total)
		if !ok || len(few) != 1 {
			t.Errorf("%+v: %d candidates", sh, len(few))
			continue
		}
		if row, col, _ := searchAll(x, s, sh.n, sh.m); few[0].row != row || few[0].col != col {
			t.Errorf("%+v: candidate %+v, want [%d, %d]", sh, few[0], row, col)
		}
	}
}

func TestCoarseSumsGiveUpOnManyTies(t *testing.T) {
	s := asMatrix(slices.Repeat([]float32{0.3}, 40*50), 40, 50)
	if few, ok := candidates(s, 20, 25, 0.3*40*50); ok {
		t.Errorf("%d candidates", len(few))
	}
}

func TestUnitsAndExtremesEqualThePortableOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{1, 3, 4, 7, 8, 9, 31, 64} {
		row := lognormal(rng, 1, n).rows[0]
		got, want := make([]float64, n), make([]float64, n)
		for _, units := range []float64{1 << 40, -(1 << 30)} {
			addUnits(got, row, units)
			portableAddUnits(want, row, units)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d entries: units are %v, want %v", n, got, want)
		}
		for _, v := range []float32{0, float32(math.Copysign(0, -1)), -1, math.MaxFloat32, float32(math.Inf(1)), math.SmallestNonzeroFloat32} {
			row[rng.IntN(n)] = v
			if got, want := extremesOf(row), portableExtremesOf(row); got != want {
				t.Errorf("%d entries: extremes are %v, want %v", n, got, want)
			}
		}
	}
}

func TestAddedUnitsAreTakenOffWithoutARest(t *testing.T) {
	row := lognormal(rand.New(rand.NewPCG(1, 9)), 1, 101).rows[0]
	sums := make([]float64, len(row))
	addUnits(sums, row, 1<<35)
	addUnits(sums, row, -(1 << 35))
	for j, v := range sums {
		if v != 0 {
			t.Errorf("%v is left of %v", v, row[j])
		}
	}
}

package transfer

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/host/engine"
)

func TestChosenLayers(t *testing.T) {
	scores := []float64{3, 9, 1, 9, 4}
	tests := []struct {
		how     string
		student int
		want    []int
	}{
		{Sensitivity, 2, []int{1, 3}},
		{Sensitivity, 1, []int{1}}, // of equal ones the first
		{Sensitivity, 4, []int{0, 1, 3, 4}},
		{Sensitivity, 5, []int{0, 1, 2, 3, 4}},
		{First, 2, []int{0, 1}},
		{Last, 2, []int{3, 4}},
		{Sensitivity, 7, []int{0, 0, 1, 2, 2, 3, 4}},
		{Last, 10, []int{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}},
	}
	for _, tt := range tests {
		if got := (depth{tt.how, 5, tt.student, 0}).chosen(scores); !slices.Equal(got, tt.want) {
			t.Errorf("%s, %d of 5: %v, want %v", tt.how, tt.student, got, tt.want)
		}
	}
}

func TestRandomLayersAreInOrderAndDependOnTheSeed(t *testing.T) {
	seen := make(map[string]bool)
	for seed := range uint64(30) {
		d := depth{Random, 12, 5, seed}
		got := d.chosen(nil)
		if len(got) != 5 || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != 5 || got[4] > 11 {
			t.Errorf("seed %d: %v", seed, got)
		}
		if !slices.Equal(got, d.chosen(nil)) {
			t.Errorf("seed %d: other layers the second time", seed)
		}
		seen[list(got)] = true
	}
	if len(seen) < 25 {
		t.Errorf("30 seeds have %d choices", len(seen))
	}
}

// TestLeadingKeepsTheChosen: whatever the scores, the layers that are kept at the end
// are the chosen ones, and never more than the student has.
func TestLeadingKeepsTheChosen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		d := depth{Sensitivity, 1 + rng.IntN(9), 1 + rng.IntN(9), 0}
		if rng.IntN(2) == 0 {
			d.how = First
		}
		scores := make([]float64, d.teacher)
		for i := range scores {
			scores[i] = float64(rng.IntN(4))
		}
		l, kept := leading{d, make(map[int]float64)}, make(map[int]bool)
		for i := d.teacher - 1; i >= 0; i-- {
			in, out := l.offer(i, scores[i])
			delete(kept, out)
			if in {
				kept[i] = true
			}
			if len(kept) > d.student {
				t.Fatalf("%+v: %d layers are kept", d, len(kept))
			}
		}
		want := make(map[int]bool)
		for k, i := range d.chosen(scores) {
			want[i] = true
			if !slices.Contains(d.students(i), k) {
				t.Fatalf("%+v: the teacher's layer %d serves %d, but students says %v", d, i, k, d.students(i))
			}
		}
		for i := range scores {
			if kept[i] != want[i] {
				t.Fatalf("%+v, scores %v: layer %d kept %v, chosen %v", d, scores, i, kept[i], want[i])
			}
		}
	}
}

func TestScoreIsTheSumOverAllTensors(t *testing.T) {
	g := engine.Group{Tensors: []engine.Tensor{{S: []float32{1, 2}}, {Bias: true, S: []float32{0.5}}, {S: make([]float32, 200000)}}}
	for i := range g.Tensors[2].S {
		g.Tensors[2].S[i] = 0.25
	}
	if got := score(g); got != 50003.5 {
		t.Errorf("score is %v, want 50003.5", got)
	}
}

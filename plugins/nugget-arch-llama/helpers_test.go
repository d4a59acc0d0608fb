package main

import (
	"math"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// near compares numbers, the tolerance relative.
func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, expected %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance*math.Abs(want[i])) {
			t.Errorf("%s[%d] is %v, expected %v", what, i, got[i], want[i])
		}
	}
}

// magnitude is what cosine and sine are multiplied by.
func magnitude(f *archpb.Frequencies) float64 {
	if f.Magnitude == 0 {
		return 1
	}
	return f.Magnitude
}

// stretched is the contract's formula of DynamicNTK.
func stretched(r *archpb.Rope, length float64) []float64 {
	d, n := r.DynamicNtk, float64(len(r.Frequencies.InvFreq))
	base := d.Theta * math.Pow(d.Factor*length/float64(d.OriginalLength)-d.Factor+1, n/(n-1))
	inv := make([]float64, len(r.Frequencies.InvFreq))
	for i := range inv {
		inv[i] = math.Pow(base, -float64(i)/n)
	}
	return inv
}

package archtest

import (
	"fmt"
	"math"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Attention is a layer's attention as it was computed elsewhere.
type Attention struct {
	Window  int     // 0: none
	Scale   float64 // of the scores
	Softcap float64 // of the scores; 0: none
	// InvFreq is RoPE's frequencies, of a sequence that is not longer than the model
	// was made for; nil: no RoPE. Magnitude multiplies cosine and sine.
	InvFreq   []float64
	Magnitude float64
}

// Both sides round frequencies to float32 at every step; their powers may differ in
// the last place. The other numbers are float64's.
const (
	frequencyTolerance = 2.5e-7
	numberTolerance    = 1e-15
)

// checkAttention compares every layer's attention with the checkpoint's.
func checkAttention(m *archpb.Model, c Checkpoint) []error {
	if c.Attention == nil {
		return nil
	}
	if len(m.Layers) != len(c.Attention) {
		return []error{fmt.Errorf("%d layers, expected %d", len(m.Layers), len(c.Attention))}
	}
	var problems []error
	for i, want := range c.Attention {
		if int(m.Layers[i]) >= len(m.Blocks) {
			return nil // the host refuses it
		}
		for _, s := range m.Blocks[m.Layers[i]].Steps {
			var err error
			switch op := s.Op.(type) {
			case *archpb.Step_Attention:
				err = want.compare(op.Attention)
			case *archpb.Step_Rope:
				err = want.compareRope(op.Rope)
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("layer %d: %w", i, err))
			}
		}
	}
	return problems
}

func (want Attention) compare(a *archpb.Attention) error {
	if int(a.Window) != want.Window {
		return fmt.Errorf("window %d, expected %d", a.Window, want.Window)
	}
	if !near(a.Scale, want.Scale, numberTolerance) {
		return fmt.Errorf("scale %v, expected %v", a.Scale, want.Scale)
	}
	if !near(a.Softcap, want.Softcap, numberTolerance) {
		return fmt.Errorf("softcap %v, expected %v", a.Softcap, want.Softcap)
	}
	return nil
}

func (want Attention) compareRope(r *archpb.Rope) error {
	f := r.GetFrequencies()
	if len(f.GetInvFreq()) != len(want.InvFreq) {
		return fmt.Errorf("RoPE of %d frequencies, expected %d", len(f.GetInvFreq()), len(want.InvFreq))
	}
	for i, v := range f.GetInvFreq() {
		if !near(v, want.InvFreq[i], frequencyTolerance) {
			return fmt.Errorf("RoPE's frequency %d is %v, expected %v", i, v, want.InvFreq[i])
		}
	}
	magnitude := f.GetMagnitude()
	if magnitude == 0 {
		magnitude = 1
	}
	if !near(magnitude, want.Magnitude, numberTolerance) {
		return fmt.Errorf("RoPE's magnitude is %v, expected %v", magnitude, want.Magnitude)
	}
	return nil
}

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Abs(want)
}

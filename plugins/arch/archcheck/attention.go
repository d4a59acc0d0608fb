package archcheck

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
func checkAttention(m *archpb.Model, c Checkpoint) Result {
	r := Result{Check: "attention", About: c.Name, Detail: fmt.Sprintf("as computed elsewhere, in %d layers", len(c.Attention))}
	if len(m.Layers) != len(c.Attention) {
		r.add(Problem{Subject: "layers", Found: fmt.Sprint(len(m.Layers)), Expected: fmt.Sprint(len(c.Attention))})
		return r
	}
	for i, want := range c.Attention {
		if int(m.Layers[i]) >= len(m.Blocks) {
			return r // the host refuses it
		}
		for _, s := range m.Blocks[m.Layers[i]].Steps {
			var p *Problem
			switch op := s.Op.(type) {
			case *archpb.Step_Attention:
				p = want.compare(op.Attention)
			case *archpb.Step_Rope:
				p = want.compareRope(op.Rope)
			}
			if p != nil {
				p.Subject = fmt.Sprintf("layer %d's %s", i, p.Subject)
				r.add(*p)
			}
		}
	}
	return r
}

func differs(subject string, found, expected any) *Problem {
	return &Problem{Subject: subject, Found: fmt.Sprint(found), Expected: fmt.Sprint(expected)}
}

func (want Attention) compare(a *archpb.Attention) *Problem {
	if int(a.Window) != want.Window {
		return differs("window", a.Window, want.Window)
	}
	if !near(a.Scale, want.Scale, numberTolerance) {
		return differs("scale", a.Scale, want.Scale)
	}
	if !near(a.Softcap, want.Softcap, numberTolerance) {
		return differs("softcap", a.Softcap, want.Softcap)
	}
	return nil
}

func (want Attention) compareRope(r *archpb.Rope) *Problem {
	f := r.GetFrequencies()
	if len(f.GetInvFreq()) != len(want.InvFreq) {
		return differs("number of RoPE frequencies", len(f.GetInvFreq()), len(want.InvFreq))
	}
	for i, v := range f.GetInvFreq() {
		if !near(v, want.InvFreq[i], frequencyTolerance) {
			return differs(fmt.Sprintf("RoPE frequency %d", i), v, want.InvFreq[i])
		}
	}
	magnitude := f.GetMagnitude()
	if magnitude == 0 {
		magnitude = 1
	}
	if !near(magnitude, want.Magnitude, numberTolerance) {
		return differs("RoPE magnitude", magnitude, want.Magnitude)
	}
	return nil
}

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Abs(want)
}

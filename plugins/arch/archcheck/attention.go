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
	// AlibiSlopes is ALiBi's, one a head; nil: none.
	AlibiSlopes []float64
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
		for _, p := range want.compareAll(m.Blocks[m.Layers[i]].Steps) {
			p.Subject = fmt.Sprintf("layer %d's %s", i, p.Subject)
			r.add(*p)
		}
	}
	return r
}

// compareAll compares a layer's steps.
func (want Attention) compareAll(steps []*archpb.Step) []*Problem {
	var problems []*Problem
	rotated := false
	for _, s := range steps {
		var p *Problem
		switch op := s.Op.(type) {
		case *archpb.Step_Attention:
			p = want.compare(op.Attention)
		case *archpb.Step_Rope:
			rotated = true
			p = want.compareRope(op.Rope)
		}
		if p != nil {
			problems = append(problems, p)
		}
	}
	if !rotated && want.InvFreq != nil {
		problems = append(problems, differs("number of RoPE frequencies", 0, len(want.InvFreq)))
	}
	return problems
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
	if len(a.AlibiSlopes) != len(want.AlibiSlopes) {
		return differs("number of ALiBi slopes", len(a.AlibiSlopes), len(want.AlibiSlopes))
	}
	for i, v := range a.AlibiSlopes {
		if !near(v, want.AlibiSlopes[i], frequencyTolerance) {
			return differs(fmt.Sprintf("ALiBi slope %d", i), v, want.AlibiSlopes[i])
		}
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

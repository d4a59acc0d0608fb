package transfer

import "fmt"

// dropPartialExperts leaves out every map of the student's experts when a layer of the
// teacher that may serve one of the student's lacks a partner for one of them.
// Transformers 5 fuses a layer's experts into one parameter, and PEFT (0.19 to 0.21)
// joins their adapters to one: of all experts in all layers, or it can't load them.
func (p *plan) dropPartialExperts() {
	why := p.partialExperts()
	if why == "" {
		return
	}
	first, n := "", 0
	for k, targets := range p.targets {
		var kept []target
		for _, t := range targets {
			if t.module.Expert < 0 {
				kept = append(kept, t)
				continue
			}
			if n++; n == 1 {
				first = t.module.Path
			}
		}
		p.targets[k] = kept
	}
	p.leaveOut(fmt.Sprintf("%s and %d more of experts", first, n-1), "PEFT loads the adapters of all experts or of none, and "+why)
}

// partialExperts says which expert's partner is missing where; "": none.
func (p *plan) partialExperts() string {
	for l, sources := range p.sources {
		for _, k := range p.depth.students(l) {
			for _, t := range p.targets[k] {
				if t.module.Expert < 0 {
					continue
				}
				if part := missing(t, sources); part != "" {
					return fmt.Sprintf("the teacher's layer %d has no %s", l, part)
				}
			}
		}
	}
	return ""
}

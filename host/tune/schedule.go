package tune

import "math"

// Schedules are the names of the learning rate's courses after the warm-up: falling in
// a line or half a cosine to zero at the end of the run, or staying. They are
// transformers' get_linear_, get_cosine_ and get_constant_schedule_with_warmup.
var Schedules = []string{"linear", "cosine", "constant"}

// rate is the learning rate's share at a step, from 0.
func (p plan) rate(schedule string, step int) float64 {
	if step < p.warmup {
		return float64(step) / float64(max(1, p.warmup))
	}
	left := float64(max(1, p.total-p.warmup))
	switch schedule {
	case "cosine":
		progress := float64(step-p.warmup) / left
		return max(0, 0.5*(1+math.Cos(math.Pi*0.5*2*progress)))
	case "constant":
		return 1
	}
	return max(0, float64(p.total-step)/left)
}

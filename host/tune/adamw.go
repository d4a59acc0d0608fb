package tune

import "math"

// parameter is one tensor that learns, with what AdamW remembers of it.
type parameter struct {
	name  string
	value []float32
	grad  []float32
	// mean and square are the running averages of the gradient and of its square,
	// torch's exp_avg and exp_avg_sq.
	mean, square []float32
	// scale is PEFT's scaling, which value has in it. The tensor that PEFT trains is
	// value/scale: its gradient is scale times grad, and a step of it moves value by
	// scale times as much. For 1 there is no difference.
	scale float32
}

// step is one step of AdamW on all parameters (Loshchilov and Hutter, arXiv 1711.05101),
// the n-th from 1, in torch's order of operations (torch.optim.adamw, single tensor).
func (o Options) step(parameters []*parameter, n int, rate float64) {
	bias1 := 1 - math.Pow(o.Beta1, float64(n))
	bias2 := math.Sqrt(1 - math.Pow(o.Beta2, float64(n)))
	decay := float32(1 - rate*o.WeightDecay)
	step := float32(rate / bias1)
	lerp, keep, fresh := float32(1-o.Beta1), float32(o.Beta2), float32(1-o.Beta2)
	root, eps := float32(bias2), float32(o.Epsilon)
	for _, p := range parameters {
		value, mean, square := p.value, p.mean[:len(p.value)], p.square[:len(p.value)]
		move := step * p.scale
		for i, g := range p.grad[:len(p.value)] {
			v := value[i]
			if decay != 1 {
				v *= decay
			}
			m := mean[i]
			m += lerp * (g - m)
			s := square[i]*keep + fresh*g*g
			mean[i], square[i] = m, s
			value[i] = v - move*(m/(float32(math.Sqrt(float64(s)))/root+eps))
		}
	}
}

// scaled turns the gradients of values into those of what PEFT trains.
func scaled(parameters []*parameter) {
	for _, p := range parameters {
		if p.scale != 1 {
			for i := range p.grad {
				p.grad[i] *= p.scale
			}
		}
	}
}

// clip scales all gradients so that their norm together is at most limit, as torch's
// clip_grad_norm_ does, and returns the norm that they had. A limit of 0 leaves them.
func clip(parameters []*parameter, limit float64) float64 {
	total := 0.0
	for _, p := range parameters {
		for _, g := range p.grad {
			total += float64(g) * float64(g)
		}
	}
	norm := math.Sqrt(total)
	factor := float32(limit / (norm + 1e-6))
	if limit > 0 && factor < 1 {
		for _, p := range parameters {
			for i := range p.grad {
				p.grad[i] *= factor
			}
		}
	}
	return norm
}

package tune

import (
	"math"
	"testing"
)

// What torch.optim.AdamW makes of the same with lr 0.1, weight decay 0.1, after one and
// after two steps with the gradients 0.3 and -0.2.
func TestStepIsTorchs(t *testing.T) {
	o := Defaults()
	o.WeightDecay = 0.1
	p := &parameter{value: []float32{1}, grad: []float32{0.3}, mean: []float32{0}, square: []float32{0}, scale: 1}
	o.step([]*parameter{p}, 1, 0.1)
	if math.Abs(float64(p.value[0])-0.89) > 1e-6 {
		t.Errorf("after one step %v, want 0.89", p.value[0])
	}
	p.grad[0] = -0.2
	o.step([]*parameter{p}, 2, 0.1)
	mean := (0.1*0.9*0.3 - 0.1*0.2) / (1 - 0.81)
	square := (0.001*0.999*0.09 + 0.001*0.04) / (1 - 0.999*0.999)
	want := 0.89*0.99 - 0.1*mean/(math.Sqrt(square)+1e-8)
	if math.Abs(float64(p.value[0])-want) > 1e-6 {
		t.Errorf("after two steps %v, want %v", p.value[0], want)
	}
}

// A parameter with a scaling in it moves as the one without does, times the scaling.
func TestScalingOnlyScales(t *testing.T) {
	o := Defaults()
	o.WeightDecay = 0.1
	plain := &parameter{value: []float32{0.5}, grad: []float32{0.25}, mean: []float32{0}, square: []float32{0}, scale: 1}
	scaledOne := &parameter{value: []float32{2}, grad: []float32{0.0625}, mean: []float32{0}, square: []float32{0}, scale: 4}
	both := []*parameter{plain, scaledOne}
	scaled(both)
	o.step(both, 1, 0.01)
	if scaledOne.value[0] != 4*plain.value[0] {
		t.Errorf("%v, want four times %v", scaledOne.value[0], plain.value[0])
	}
}

func TestClipKeepsDirectionsAndSmallGradients(t *testing.T) {
	p := []*parameter{{grad: []float32{3}}, {grad: []float32{0, 4}}}
	if norm := clip(p, 10); norm != 5 || p[0].grad[0] != 3 {
		t.Errorf("norm %v, gradient %v", norm, p[0].grad[0])
	}
	if norm := clip(p, 0); norm != 5 || p[1].grad[1] != 4 {
		t.Errorf("not to be clipped: norm %v, gradient %v", norm, p[1].grad[1])
	}
	if norm := clip(p, 1); norm != 5 || math.Abs(float64(p[0].grad[0])-0.6) > 1e-6 || math.Abs(float64(p[1].grad[1])-0.8) > 1e-6 {
		t.Errorf("clipped to %v and %v", p[0].grad, p[1].grad)
	}
}

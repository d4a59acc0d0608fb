package tune

import (
	"context"
	"slices"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/host/engine"
)

// student is the model with the factors that learn.
type student struct {
	engine     *engine.Engine
	adapter    *peft.Adapter // its A and B are the parameters' values
	parameters []*parameter
	gradients  []engine.Factors // the parameters' grad
}

// newStudent puts a copy of the start on the engine's model.
func newStudent(e *engine.Engine, start *peft.Adapter) (*student, error) {
	s := &student{engine: e, adapter: &peft.Adapter{BaseModel: start.BaseModel, Rank: start.Rank, FanInFanOut: start.FanInFanOut}}
	var factors []engine.Factors
	for _, m := range start.Modules {
		m.A, m.B = slices.Clone(m.A), slices.Clone(m.B)
		scale := float32(1)
		if m.Scale != 0 {
			scale = float32(m.Scale)
		}
		m.Scale = 0 // it is in B for good
		s.adapter.Modules = append(s.adapter.Modules, m)
		a, b := newParameter(m.Path+".A", m.A, 1), newParameter(m.Path+".B", m.B, scale)
		s.parameters = append(s.parameters, a, b)
		factors = append(factors, engine.Factors{Path: m.Path, Rank: start.Rank, A: m.A, B: m.B})
		s.gradients = append(s.gradients, engine.Factors{Path: m.Path, Rank: start.Rank, A: a.grad, B: b.grad})
	}
	return s, e.Adapt(factors)
}

func newParameter(name string, value []float32, scale float32) *parameter {
	n := len(value)
	return &parameter{
		name: name, value: value, scale: scale,
		grad: make([]float32, n), mean: make([]float32, n), square: make([]float32, n),
	}
}

// learn takes the gradients of some samples, which go through the model so many at a
// time. The loss is the mean over all their tokens that count.
func (s *student) learn(ctx context.Context, samples []engine.Sample, atOnce int) (loss float64, tokens int, err error) {
	for _, p := range s.parameters {
		clear(p.grad)
	}
	tokens = counted(samples)
	weight := 1 / float64(tokens)
	first := 0
	for batch := range slices.Chunk(samples, atOnce) {
		losses, err := s.engine.Gradients(ctx, batch, weight, s.gradients)
		if err != nil {
			return 0, 0, shift(err, first)
		}
		for i, l := range losses {
			loss += l * float64(counted(batch[i:i+1])) * weight
		}
		first += len(batch)
	}
	scaled(s.parameters)
	return loss, tokens, nil
}

// counted is the number of tokens that are predicted and count.
func counted(samples []engine.Sample) int {
	n := 0
	for _, s := range samples {
		for _, label := range s.Labels[1:] {
			if label >= 0 {
				n++
			}
		}
	}
	return n
}

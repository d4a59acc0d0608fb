package transfer

import (
	"cmp"
	"context"
	"slices"

	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Scores is what `nugget score --out` writes.
type Scores struct {
	Model   string        `json:"model"`
	Seeds   string        `json:"seeds"`
	Losses  []float64     `json:"losses"`
	Layers  []LayerScore  `json:"layers"`
	Tensors []TensorScore `json:"tensors"`
}

// LayerScore is the sum of S over all tensors of a layer.
type LayerScore struct {
	Index int     `json:"index"`
	Score float64 `json:"score"`
}

// TensorScore is the sum of S over one checkpoint tensor, named and shaped as there.
type TensorScore struct {
	Name  string  `json:"name"`
	Sum   float64 `json:"sum"`
	Shape []int   `json:"shape"`
}

// Score measures the sensitivity alone. With dump not nil it gets S of every tensor in
// the checkpoint's own layout, lent until it returns. Layers are in order, tensors
// sorted by name.
func Score(ctx context.Context, m Model, samples []seeds.Sample, opts engine.Options, dump func(name string, shape []int, s []float32) error) (*Scores, error) {
	e, err := engine.New(ctx, m.Checkpoint, m.Arch, opts)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	c := &scorer{Scores: Scores{Model: m.name()}, dump: dump}
	if c.Losses, err = e.Sensitivity(ctx, samples, c.visit); err != nil {
		return nil, err
	}
	slices.SortFunc(c.Layers, func(a, b LayerScore) int { return cmp.Compare(a.Index, b.Index) })
	slices.SortFunc(c.Tensors, func(a, b TensorScore) int { return cmp.Compare(a.Name, b.Name) })
	return &c.Scores, nil
}

// scorer adds up what the engine visits.
type scorer struct {
	Scores
	dump func(name string, shape []int, s []float32) error
}

func (c *scorer) visit(g engine.Group) error {
	stacked := make(map[string]*stack)
	var order []string
	for _, t := range g.Tensors {
		on := t.Module.Weight
		if t.Bias {
			on = *t.Module.Bias
		}
		sum := sumAll(t.S)
		if !on.Layout.Stacked {
			if err := c.tensor(on, sum, t.S); err != nil {
				return err
			}
			continue
		}
		s := stacked[on.Name]
		if s == nil {
			s = &stack{tensor: on}
			stacked[on.Name] = s
			order = append(order, on.Name)
		}
		s.add(on, sum, t.S, c.dump != nil)
	}
	for _, name := range order {
		if err := c.add(stacked[name].tensor, stacked[name].sum, stacked[name].values); err != nil {
			return err
		}
	}
	if g.Layer != arch.Outside {
		c.Layers = append(c.Layers, LayerScore{g.Layer, score(g)})
	}
	return nil
}

// tensor takes a whole tensor in its canonical layout.
func (c *scorer) tensor(on arch.Tensor, sum float64, s []float32) error {
	if c.dump != nil {
		s, _ = engine.OnDisk(on, s)
	}
	return c.add(on, sum, s)
}

// add takes a whole tensor as it lies in the checkpoint.
func (c *scorer) add(on arch.Tensor, sum float64, s []float32) error {
	c.Tensors = append(c.Tensors, TensorScore{on.Name, sum, slices.Clone(on.Shape)})
	if c.dump == nil {
		return nil
	}
	return c.dump(on.Name, slices.Clone(on.Shape), s)
}

// stack is one checkpoint tensor that holds a module of every expert.
type stack struct {
	tensor arch.Tensor
	sum    float64
	values []float32 // nil unless they are wanted
}

func (s *stack) add(on arch.Tensor, sum float64, values []float32, wanted bool) {
	s.sum += sum
	if !wanted {
		return
	}
	if s.values == nil {
		s.values = make([]float32, on.Shape[0]*len(values))
	}
	values, _ = engine.OnDisk(on, values)
	copy(s.values[on.Layout.Index*len(values):], values)
}

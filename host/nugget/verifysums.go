package main

import (
	"math"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// changeSum is what an adapter changes of one role in one layer, experts taken together.
type changeSum struct {
	Layer   int     `json:"layer"` // -1: outside the layers
	Role    string  `json:"role"`
	Modules int     `json:"modules"`
	Norm    float64 `json:"norm"`                  // of all changes together
	Weight  float64 `json:"weight_norm,omitempty"` // of all weights together; 0: not read
	// Relative is their quotient.
	Relative float64 `json:"relative,omitempty"`

	rank, zero int
}

// add takes in a module.
func (s *changeSum) add(c peft.Change) {
	s.Modules++
	s.Norm, s.Weight = math.Hypot(s.Norm, c.Norm), math.Hypot(s.Weight, c.WeightNorm)
	s.Relative = 0
	if s.Weight > 0 {
		s.Relative = s.Norm / s.Weight
	}
	s.rank = max(s.rank, c.Rank)
	if c.Zero {
		s.zero++
	}
}

// sums are those of every layer, outside first, roles in the model's order.
func sums(changes []peft.Change, model *arch.Architecture) []changeSum {
	type cell struct {
		layer int
		role  string
	}
	cells := make(map[cell]*changeSum)
	for _, c := range changes {
		k := cell{c.Layer, c.Role}
		if cells[k] == nil {
			cells[k] = &changeSum{Layer: c.Layer, Role: c.Role}
		}
		cells[k].add(c)
	}
	list := []changeSum{}
	for layer := arch.Outside; layer < len(model.Layers); layer++ {
		for _, role := range roles(model) {
			if s := cells[cell{layer, role}]; s != nil {
				list = append(list, *s)
			}
		}
	}
	return list
}

// byRole adds up a role's layers.
func byRole(changes []peft.Change, model *arch.Architecture) []changeSum {
	var list []changeSum
	for _, role := range roles(model) {
		s := changeSum{Layer: arch.Outside, Role: role}
		for _, c := range changes {
			if c.Role == role {
				s.add(c)
			}
		}
		if s.Modules > 0 {
			list = append(list, s)
		}
	}
	return list
}

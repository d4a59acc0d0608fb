package arch

import (
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Needed lists the tensors that a checkpoint of the described model holds, in the
// order of the programs, as if all were float32: the checkpoint that [New] takes the
// description for. It is for trying a description out where there is no checkpoint.
// A tied unembedding has no tensor of its own.
func Needed(model *archpb.Model) ([]TensorHeader, error) {
	a, modules, err := describe(model)
	if err != nil {
		return nil, err
	}
	var list []TensorHeader
	known := make(map[string]bool)
	need := func(t Tensor) {
		if !known[t.Name] {
			known[t.Name] = true
			list = append(list, TensorHeader{Name: t.Name, DType: "F32", Shape: slices.Clone(t.Shape)})
		}
	}
	for _, p := range modules {
		switch {
		case p.m == nil:
			need(Tensor{Name: p.divisors, Shape: []int{p.out}})
			continue
		case p.module.TiedTo == "":
			need(p.weight(p.layer, p.expert))
		default:
			if _, err := a.tie(p); err != nil {
				return nil, err
			}
		}
		if p.module.Bias {
			need(p.bias(p.layer, p.expert))
		}
	}
	return list, nil
}

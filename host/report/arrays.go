package report

import (
	"fmt"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// arrays are those of transfer.safetensors.
type arrays struct {
	heats  map[string]grid
	sigmas map[string][]float32
}

// grid is a heat map: cells of a matrix.
type grid struct {
	rows, cols int
	values     []float32 // of each cell, over the matrix's mean
}

// What no file of ours exceeds.
const (
	maxSide = 64
	maxRank = 1 << 16
)

// readArrays reads them all.
func readArrays(path string) (*arrays, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a := &arrays{heats: make(map[string]grid), sigmas: make(map[string][]float32)}
	for _, t := range f.Tensors() {
		n := 0
		switch {
		case len(t.Shape) == 2 && min(t.Shape[0], t.Shape[1]) > 0 && max(t.Shape[0], t.Shape[1]) <= maxSide:
			n = t.Shape[0] * t.Shape[1]
		case len(t.Shape) == 1 && t.Shape[0] > 0 && t.Shape[0] <= maxRank:
			n = t.Shape[0]
		default:
			return nil, fmt.Errorf("%s: tensor %q: found shape %v, expected a heat map of at most %d x %d cells or a list of singular values",
				path, t.Name, t.Shape, maxSide, maxSide)
		}
		values := make([]float32, n)
		if err := f.ReadFloat32(t.Name, 0, values); err != nil {
			return nil, err
		}
		for i, v := range values {
			if !(v >= 0) || v-v != 0 {
				return nil, fmt.Errorf("%s: tensor %q: found %v at entry %d, expected a number from 0 on", path, t.Name, v, i)
			}
		}
		if len(t.Shape) == 2 {
			a.heats[t.Name] = grid{t.Shape[0], t.Shape[1], values}
		} else {
			a.sigmas[t.Name] = values
		}
	}
	return a, nil
}

// heat is the map behind a module or its part; its values are nil where there is none.
func (a *arrays) heat(path, part string) grid {
	if a == nil {
		return grid{}
	}
	return a.heats[transfer.HeatName(path, part)]
}

// sigma is the singular values of a module, nil where there are none.
func (a *arrays) sigma(path string) []float32 {
	if a == nil {
		return nil
	}
	return a.sigmas[transfer.SigmaName(path)]
}

package engine

import (
	"context"
	"fmt"
)

// Point is a place on the way back that a run can go on from.
type Point struct {
	Layer int // this layer, those behind it and the head have been visited
	// Gradient fills dst with the gradient of the layer's input, as Group.Gradient gave it.
	Gradient func(sample int, dst []float32) error
}

// backwardTo gives the gradient of the output of the first layer that is to be visited,
// and which that is.
func (h *headRun) backwardTo(ctx context.Context, from *Point, keeps []kept, visit func(Group) error) (region, int, error) {
	if from == nil {
		gradient, err := h.backwardHead(ctx, visit)
		return gradient, h.layers() - 1, err
	}
	if from.Layer < 0 || from.Layer >= h.layers() {
		return region{}, 0, fmt.Errorf("to go on from layer %d: there are %d layers", from.Layer, h.layers())
	}
	gradient := h.scratch.region(h.lengths, h.arch.Hidden)
	for seed, n := range h.lengths {
		values := make([]float32, n*h.arch.Hidden)
		if err := from.Gradient(seed, values); err != nil {
			return region{}, 0, err
		}
		if err := finite(values, h.arch.Hidden); err != nil {
			return region{}, 0, h.seedError(seed, fmt.Errorf("to go on from layer %d: the gradient is %w", from.Layer, err))
		}
		if err := gradient.write(seed, values); err != nil {
			return region{}, 0, err
		}
		for l := from.Layer; l < h.layers(); l++ {
			h.skip(keeps[l].passes() * h.layer(l).work(n))
		}
	}
	if h.tiedLookup() < 0 {
		for _, n := range h.rows {
			h.skip(headPasses(true) * h.last.work(n))
		}
		return gradient, from.Layer - 1, nil
	}
	// What is set aside of the unembedding's S is not kept: it is formed again.
	return gradient, from.Layer - 1, h.backwardUnembed(ctx, h.scratch.region(h.rows, int(h.last.unembed.In)), visit)
}

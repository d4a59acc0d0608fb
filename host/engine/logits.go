package engine

import (
	"context"
	"fmt"
	"slices"
)

// logits hands every sample's logits to visit, in order. The weights are read once
// for as many batches as run at once.
func (h *headRun) logits(ctx context.Context, visit func(sample int, logits []float32) error) error {
	vocab := int(h.last.unembed.Out)
	// In order, and each on its own: what is in memory is what is asked for next.
	batches := make([]batch, len(h.rows))
	for seed, n := range h.rows {
		batches[seed] = h.dev.batches([]int{n}, sizing{least: headRows})[0]
		batches[seed].parts[0].seed = seed
	}
	all := make([][]float32, h.dev.batchesAtOnce())
	for first := 0; first < len(batches); first += len(all) {
		group := all[:min(len(all), len(batches)-first)]
		for i := range group {
			n := h.rows[first+i] * vocab
			group[i] = slices.Grow(group[i][:0], n)[:n]
		}
		err := h.chunks(ctx, func(c chunk) error {
			return parallel(ctx, len(group), len(group), func(i int) error {
				return h.chunkLogits(c, batches[first+i], group[i])
			})
		})
		if err != nil {
			return err
		}
		for i, logits := range group {
			if err := finite(logits, vocab); err != nil {
				return h.seedError(first+i, fmt.Errorf("logits: %w", err))
			}
			if err := visit(first+i, logits); err != nil {
				return err
			}
		}
	}
	return nil
}

// chunkLogits computes a chunk's columns of one sample's logits.
func (h *headRun) chunkLogits(c chunk, b batch, logits []float32) error {
	vocab := int(h.last.unembed.Out)
	x, err := h.dev.logitsGraph(h.last, b.rows, c.n)
	if err != nil {
		return err
	}
	in := h.inputs(c, b)
	defer in.free()
	out, err := in.run(h.dev, x)
	if err != nil {
		return err
	}
	defer free(out...)
	values, err := h.dev.read(out[0])
	if err != nil {
		return err
	}
	for row := range b.parts[0].n {
		copy(logits[row*vocab+c.first:], values[row*c.n:(row+1)*c.n])
	}
	h.tell(c, b, lossPasses)
	return nil
}

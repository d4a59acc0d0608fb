package engine

import (
	"context"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// logits hands every sample's logits to visit, in order. The weights are read once
// for as many samples as run at once.
func (h *headRun) logits(ctx context.Context, visit func(sample int, logits []float32) error) error {
	vocab := int(h.last.unembed.Out)
	all := make([][]float32, h.dev.seeds())
	for first := 0; first < len(h.rows); first += len(all) {
		group := all[:min(len(all), len(h.rows)-first)]
		for i := range group {
			n := h.rows[first+i] * vocab
			if cap(group[i]) < n {
				group[i] = make([]float32, n)
			}
			group[i] = group[i][:n]
		}
		err := h.chunks(ctx, func(c chunk) error {
			return parallel(ctx, len(group), len(group), func(i int) error {
				return h.chunkLogits(c, first+i, group[i])
			})
		})
		if err != nil {
			return err
		}
		for i, logits := range group {
			if err := finite(logits, vocab); err != nil {
				return h.seedError(first+i, err)
			}
			if err := visit(first+i, logits); err != nil {
				return err
			}
		}
	}
	return nil
}

// chunkLogits computes a chunk's columns of one sample's logits.
func (h *headRun) chunkLogits(c chunk, seed int, logits []float32) error {
	rows, vocab := h.dev.pad(h.rows[seed]), int(h.last.unembed.Out)
	x, err := h.dev.logitsGraph(h.last, rows, c.n)
	if err != nil {
		return err
	}
	var in inputs
	defer in.free()
	in.add(h.dev.fill(func(dst []float32) error { return h.h.read(seed, dst) }, rows, int(h.last.unembed.In)))
	in.borrow(c.params...)
	out, err := in.run(h.dev, x)
	if err != nil {
		return err
	}
	defer free(out...)
	values, err := h.dev.read(out[0])
	if err != nil {
		return err
	}
	for row := range h.rows[seed] {
		copy(logits[row*vocab+c.first:], values[row*c.n:(row+1)*c.n])
	}
	h.progress("head", arch.Outside, seed, h.last.work(h.rows[seed])*float64(c.n)/float64(vocab))
	return nil
}

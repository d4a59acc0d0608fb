package engine

import (
	"context"

	"github.com/neuralnuggets/nugget/host/engine/fused"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Sensitivity returns the losses and calls visit for each group as soon as its S is
// complete: layers from the last to the first, each once; the parts outside the
// layers before, after, or both. A weight that embedding and unembedding share is
// in one group, under the embedding's module.
func (e *Engine) Sensitivity(ctx context.Context, samples []Sample, visit func(Group) error) ([]float64, error) {
	return e.SensitivityFrom(ctx, samples, nil, visit)
}

// SensitivityFrom is Sensitivity, gone on with from a point that an earlier run of the
// same samples on the same backend had reached; from nil it begins. What was visited up
// to the point is not visited again. The losses, and the S of what is left, are the same
// bytes as without a break.
func (e *Engine) SensitivityFrom(ctx context.Context, samples []Sample, from *Point, visit func(Group) error) ([]float64, error) {
	r, err := e.newRun(samples, true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	passes := headParts{dh: true, dW: true}.passes()
	if e.last.tied() {
		passes = headParts{dh: true}.passes() + headParts{dW: true}.passes()
	}
	r.plan(r.counted(), forwardPasses+backwardPasses, lossPasses+passes)

	t, err := r.forwardLayers(ctx, true, 0)
	if err != nil {
		return nil, err
	}
	h, err := r.newHead(ctx, t.last(), false)
	if err != nil {
		return nil, err
	}
	losses, err := h.losses(ctx)
	if err != nil {
		return nil, err
	}
	gradient, first, err := h.backwardTo(ctx, from, visit)
	if err != nil {
		return nil, err
	}
	if err := r.backwardLayers(ctx, t, gradient, first, visit); err != nil {
		return nil, err
	}
	return losses, h.backwardLookups(ctx, t, gradient, visit)
}

// backwardHead goes from the losses to the gradient of the last layer's output. The
// S of a tied unembedding is not complete yet: it waits for backwardLookups.
func (h *headRun) backwardHead(ctx context.Context, visit func(Group) error) (region, error) {
	none := region{}
	dh := h.scratch.region(h.rows, int(h.last.unembed.In))
	if h.last.tied() {
		if err := h.backward(ctx, headParts{dh: true}, dh, nil, nil); err != nil {
			return none, err
		}
	} else {
		sum, err := h.newSum(ctx)
		if err != nil {
			return none, err
		}
		if err := h.backward(ctx, headParts{dh: true, dW: true}, dh, sum, nil); err != nil {
			return none, err
		}
		if err := visit(sum.group(h.last.module)); err != nil {
			return none, err
		}
		sum = nil
		release()
	}
	dx := dh
	if p := h.last.before; !p.identity() {
		dx = h.scratch.region(h.rows, h.arch.Hidden)
		if err := h.backwardOutside(ctx, p, h.packed, []region{h.before}, dh, []region{dx}, visit); err != nil {
			return none, err
		}
	}
	gradient := h.scratch.region(h.lengths, h.arch.Hidden)
	return gradient, h.spread(dx, gradient)
}

// backwardOutside is the way back through a program outside the layers.
func (r *run) backwardOutside(ctx context.Context, p *program, batches []batch, in []region, dy region, dx []region, visit func(Group) error) error {
	w, err := r.load(ctx, nil, p, arch.Outside, true)
	if err != nil {
		return err
	}
	defer w.free()
	if err := r.backward(ctx, w, batches, in, kept{}, dy, dx, "backward"); err != nil {
		return err
	}
	if len(p.params) == 0 {
		return nil
	}
	return visit(w.group())
}

// backwardLayers turns the gradient of a layer's output into that of the first one's
// input, in place.
func (r *run) backwardLayers(ctx context.Context, t *trace, gradient region, last int, visit func(Group) error) error {
	var w *weights
	defer func() {
		w.free()
		release()
	}()
	for l := last; l >= 0; l-- {
		next, err := r.load(ctx, w, r.layer(l), l, true)
		if err != nil {
			return err
		}
		w = next
		if err := r.backward(ctx, w, r.batches, []region{t.hidden[l]}, t.kept[l], gradient, []region{gradient}, "backward"); err != nil {
			return err
		}
		g := w.group()
		g.Gradient = gradient.read
		if err := visit(g); err != nil {
			return err
		}
		r.dev.graphs.trim()
	}
	return nil
}

// backwardLookups goes through the prologue to the embeddings.
func (h *headRun) backwardLookups(ctx context.Context, t *trace, gradient region, visit func(Group) error) error {
	dx := []region{gradient}
	if p := h.prologue; !p.identity() {
		dx = nil
		for _, l := range h.lookups {
			dx = append(dx, h.scratch.region(h.lengths, int(l.embed.Width)))
		}
		if err := h.backwardOutside(ctx, p, h.batches, t.embedded, gradient, dx, visit); err != nil {
			return err
		}
	}
	for i, l := range h.lookups {
		gradients := func(seed, first, n int) ([]fused.Row, error) {
			dy := make([]float32, h.lengths[seed]*int(l.embed.Width))
			err := dx[i].read(seed, dy)
			return l.scatter(h.samples[seed], dy, first, n), err
		}
		if h.last.tied() && l.module == h.last.owner {
			sum, err := h.newSum(ctx)
			if err != nil {
				return err
			}
			if err := h.backward(ctx, headParts{dW: true}, region{}, sum, gradients); err != nil {
				return err
			}
			if err := visit(sum.group(h.last.module)); err != nil {
				return err
			}
			continue
		}
		if err := h.backwardLookup(ctx, l, gradients, visit); err != nil {
			return err
		}
	}
	return nil
}

// backwardLookup adds every seed's rows to the S of an embedding of its own.
func (r *run) backwardLookup(ctx context.Context, l lookup, gradients looked, visit func(Group) error) error {
	m := l.module
	t := Tensor{Module: m, Name: m.Weight.Name, Shape: []int{m.Out, m.In}}
	t.W, t.S = make([]float32, m.Out*m.In), make([]float32, m.Out*m.In)
	if err := r.readParam(ctx, m, param{}, t.W); err != nil {
		return err
	}
	for seed := range r.samples {
		g, err := gradients(seed, 0, m.Out)
		if err != nil {
			return err
		}
		for _, row := range g {
			from, to := row.Index*m.In, (row.Index+1)*m.In
			addAbs(t.S[from:to], t.W[from:to], row.Values)
		}
	}
	return visit(Group{Layer: arch.Outside, Tensors: []Tensor{t}})
}

package engine

import (
	"context"

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
	keeps, err := r.keep(0)
	if err != nil {
		return nil, err
	}
	r.plan(r.counted(), keeps, lossPasses+headPasses(true))
	r.compileAhead(keeps)
	t, err := r.forwardLayers(ctx, keeps)
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
	gradient, first, err := h.backwardTo(ctx, from, keeps, visit)
	if err != nil {
		return nil, err
	}
	if err := r.backwardLayers(ctx, t, gradient, first, visit); err != nil {
		return nil, err
	}
	return losses, h.backwardLookups(ctx, t, gradient, visit)
}

// backwardHead goes from the losses to the gradient of the last layer's output. The
// S of a tied unembedding is not complete yet: it waits for backwardLookups (tied.go).
func (h *headRun) backwardHead(ctx context.Context, visit func(Group) error) (region, error) {
	none := region{}
	dh := h.scratch.region(h.rows, int(h.last.unembed.In))
	if err := h.backwardUnembed(ctx, dh, visit); err != nil {
		return none, err
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
		r.foresee(l - 1)
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
		if i == h.tiedLookup() {
			sum, err := h.finish(ctx, l, dx[i])
			if err != nil {
				return err
			}
			if err := visit(h.groupOf(ctx, sum)); err != nil {
				return err
			}
			continue
		}
		if err := h.backwardLookup(ctx, l, dx[i], visit); err != nil {
			return err
		}
	}
	return nil
}

// backwardLookup adds every seed's rows to the S of an embedding of its own.
func (r *run) backwardLookup(ctx context.Context, l lookup, dx region, visit func(Group) error) error {
	s := make([]float32, l.module.Out*int(l.embed.Width))
	if err := r.addLookups(ctx, l, dx, nil, s); err != nil {
		return err
	}
	return visit(Group{Layer: arch.Outside, Tensors: []Tensor{r.outside(ctx, l.module, s)}})
}

// addLookups adds every seed's rows of an embedding to s. Their gradient is what dx, of what
// l gave, has of them, and what before has where it is not nil.
func (r *run) addLookups(ctx context.Context, l lookup, dx region, before *apart, s []float32) error {
	m, err := r.open(ctx, l.module)
	if err != nil {
		return err
	}
	width := int(l.embed.Width)
	w := make([]float32, width)
	for seed, sample := range r.samples {
		rows := l.rows(sample)
		dw, dy := make([]float32, len(rows)*width), make([]float32, r.lengths[seed]*width)
		if before != nil {
			if err := before.dw.read(seed, dw); err != nil {
				return err
			}
		}
		if err := dx.read(seed, dy); err != nil {
			return err
		}
		l.scatter(sample, dy, rows, dw)
		for i, row := range rows {
			if err := m.rows(ctx, row, 1, w); err != nil {
				return err
			}
			addAbs(s[row*width:][:width], w, dw[i*width:])
		}
	}
	return nil
}

package engine

import (
	"context"
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// SampleError is an error that one sample causes.
type SampleError struct {
	Sample int // its index among those given
	Err    error
	what   string
}

func (e *SampleError) Error() string { return e.what + ": " + e.Err.Error() }

func (e *SampleError) Unwrap() error { return e.Err }

// Check refuses samples that cannot be trained on, with a SampleError.
func (e *Engine) Check(samples []Sample) error {
	for i, s := range samples {
		if err := e.check(s, true); err != nil {
			return &SampleError{i, err, fmt.Sprintf("sample %d of %d", i+1, len(samples))}
		}
	}
	return nil
}

// Gradients runs samples through the adapted model (Adapt) and adds the gradients of
// the loss to into, which has the adapter's modules in Adapt's order and shapes. The
// loss is weight times the sum of the cross entropy over all tokens that count, of all
// samples: with weight 1 over their number, that of torch's CrossEntropyLoss over a
// padded batch. It returns each sample's own mean.
//
// After an error some of the gradients may have been added.
func (e *Engine) Gradients(ctx context.Context, samples []Sample, weight float64, into []Factors) ([]float64, error) {
	g, err := e.newGradients(into)
	if err != nil {
		return nil, err
	}
	r, err := e.newRun(samples, true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	keeps, err := r.keep(r.lowestTuned())
	if err != nil {
		return nil, err
	}
	r.plan(r.counted(), keeps, lossPasses+headPasses(false))
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
	h.weight = weight
	gradient, err := h.tuneHead(ctx, g)
	if err != nil {
		return nil, err
	}
	if err := r.tuneLayers(ctx, t, gradient, g); err != nil {
		return nil, err
	}
	return losses, r.tuneLookups(ctx, t, gradient, g)
}

// gradients is where the gradients of an adapter are added up, by module.
type gradients map[*Factors]*Factors

func (e *Engine) newGradients(into []Factors) (gradients, error) {
	if e.adapter == nil {
		return nil, fmt.Errorf("the model has no adapter to take gradients of")
	}
	g := make(gradients)
	for i := range into {
		to := &into[i]
		f := e.adapter.modules[to.Path]
		if f == nil {
			return nil, fmt.Errorf("%s is not adapted", to.Path)
		}
		if len(to.A) != len(f.A) || len(to.B) != len(f.B) {
			return nil, fmt.Errorf("%s: room for %d and %d gradients, expected %d and %d", to.Path, len(to.A), len(to.B), len(f.A), len(f.B))
		}
		g[f] = to
	}
	if len(g) != len(e.adapter.modules) {
		return nil, fmt.Errorf("room for the gradients of %d modules, expected %d", len(g), len(e.adapter.modules))
	}
	return g, nil
}

// tuneHead goes from the losses to the gradient of the last layer's output.
func (h *headRun) tuneHead(ctx context.Context, g gradients) (region, error) {
	none := region{}
	dh := h.scratch.region(h.rows, int(h.last.unembed.In))
	if f := h.factors(h.last.module); f != nil {
		if err := h.tuneUnembedding(ctx, dh, f, g[f]); err != nil {
			return none, err
		}
	} else if err := h.backward(ctx, dh, nil); err != nil {
		return none, err
	}
	dx := dh
	if p := h.last.before; !p.identity() {
		dx = h.scratch.region(h.rows, h.arch.Hidden)
		if err := h.tuneOutside(ctx, p, h.packed, []region{h.before}, dh, []region{dx}, g); err != nil {
			return none, err
		}
	}
	gradient := h.scratch.region(h.lengths, h.arch.Hidden)
	return gradient, h.spread(dx, gradient)
}

// tuneOutside is the way back through a program outside the layers.
func (r *run) tuneOutside(ctx context.Context, p *program, batches []batch, in []region, dy region, dx []region, g gradients) error {
	w, err := r.load(ctx, nil, p, arch.Outside, false)
	if err != nil {
		return err
	}
	defer w.free()
	return r.tuneProgram(ctx, w, batches, in, kept{}, dy, dx, g)
}

// tuneLayers turns the gradient of the last layer's output into that of the first
// one's input, in place, down to the lowest layer that has an adapter below or in it.
func (r *run) tuneLayers(ctx context.Context, t *trace, gradient region, g gradients) error {
	var w *weights
	defer func() { w.free() }()
	for l := r.layers() - 1; l >= r.lowestTuned(); l-- {
		next, err := r.load(ctx, w, r.layer(l), l, false)
		if err != nil {
			return err
		}
		w = next
		r.foresee(l - 1)
		if err := r.tuneProgram(ctx, w, r.batches, []region{t.hidden[l]}, t.kept[l], gradient, []region{gradient}, g); err != nil {
			return err
		}
		r.dev.graphs.trim()
	}
	return nil
}

// lowestTuned is the lowest layer that the way back goes through.
func (r *run) lowestTuned() int {
	if r.adapter.outside {
		return 0
	}
	return r.adapter.lowest
}

// tuneLookups goes through the prologue to the embeddings.
func (r *run) tuneLookups(ctx context.Context, t *trace, gradient region, g gradients) error {
	if !r.adapter.outside {
		return nil
	}
	dx := []region{gradient}
	if p := r.prologue; !p.identity() {
		dx = nil
		for _, l := range r.lookups {
			dx = append(dx, r.scratch.region(r.lengths, int(l.embed.Width)))
		}
		if err := r.tuneOutside(ctx, p, r.batches, t.embedded, gradient, dx, g); err != nil {
			return err
		}
	}
	for i, l := range r.lookups {
		f := r.factors(l.module)
		if f == nil {
			continue
		}
		for seed, s := range r.samples {
			dy := make([]float32, r.lengths[seed]*int(l.embed.Width))
			if err := dx[i].read(seed, dy); err != nil {
				return err
			}
			l.addGradients(f, g[f], s, dy)
		}
	}
	return nil
}

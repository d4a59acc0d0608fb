package engine

import (
	"context"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// trace is where a forward pass has left the values that a backward pass starts from.
type trace struct {
	embedded []region // what each lookup gave
	hidden   []region // the input of each layer, then the last one's output
	kept     []kept   // of each layer
}

// forwardLayers runs the prologue and the layers. To keep the inputs of the layers, and
// what keeps says of each, costs a region each; with nil all of them share one.
func (r *run) forwardLayers(ctx context.Context, keeps []kept) (*trace, error) {
	keep := keeps != nil
	t := &trace{kept: keeps}
	if !keep {
		t.kept = make([]kept, r.layers())
	}
	if err := r.lookUp(ctx, t); err != nil {
		return nil, err
	}
	hidden := t.embedded[0]
	if p := r.prologue; !p.identity() {
		hidden = r.scratch.region(r.lengths, r.arch.Hidden)
		w, err := r.load(ctx, nil, p, arch.Outside, false)
		if err != nil {
			return nil, err
		}
		defer w.free()
		if err := r.forward(ctx, w, r.batches, t.embedded, hidden, kept{}, "forward"); err != nil {
			return nil, err
		}
	}
	t.hidden = append(t.hidden, hidden)
	var w *weights
	defer func() { w.free() }()
	for l := range r.layers() {
		next, err := r.load(ctx, w, r.layer(l), l, false)
		if err != nil {
			return nil, err
		}
		w = next
		r.foresee(l + 1)
		out := hidden
		if keep {
			out = r.scratch.region(r.lengths, r.arch.Hidden)
		}
		if err := r.forward(ctx, w, r.batches, []region{hidden}, out, t.kept[l], "forward"); err != nil {
			return nil, err
		}
		hidden = out
		t.hidden = append(t.hidden, hidden)
		r.dev.graphs.trim()
	}
	return t, nil
}

// lookUp writes the rows of every embedding to a region.
func (r *run) lookUp(ctx context.Context, t *trace) error {
	for _, l := range r.lookups {
		m, err := r.open(ctx, l.module)
		if err != nil {
			return err
		}
		out, err := r.lookUpIn(ctx, l, m)
		if err != nil {
			return err
		}
		t.embedded = append(t.embedded, out)
	}
	return nil
}

// lookUpIn writes the rows of an embedding, whose matrix is m, to a region.
func (r *run) lookUpIn(ctx context.Context, l lookup, m *matrix) (region, error) {
	width := int(l.embed.Width)
	out := r.scratch.region(r.lengths, width)
	return out, parallel(ctx, r.dev.workers, len(r.samples), func(seed int) error {
		rows := make([]float32, r.lengths[seed]*width)
		if err := l.write(ctx, m, r.samples[seed], rows); err != nil {
			return err
		}
		if f := r.factors(l.module); f != nil {
			l.adapt(f, r.samples[seed], rows)
		}
		return out.write(seed, rows)
	})
}

// last is the last layer's output.
func (t *trace) last() region { return t.hidden[len(t.hidden)-1] }

// Losses is the mean cross entropy of each sample over its tokens that count.
func (e *Engine) Losses(ctx context.Context, samples []Sample) ([]float64, error) {
	r, err := e.newRun(samples, true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.plan(r.counted(), nil, lossPasses)
	t, err := r.forwardLayers(ctx, nil)
	if err != nil {
		return nil, err
	}
	h, err := r.newHead(ctx, t.last(), false)
	if err != nil {
		return nil, err
	}
	return h.losses(ctx)
}

// Logits calls visit for each sample in order with its logits [T, vocab], which are
// lent: they are overwritten after the visit.
func (e *Engine) Logits(ctx context.Context, samples []Sample, visit func(sample int, logits []float32) error) error {
	r, err := e.newRun(samples, false)
	if err != nil {
		return err
	}
	defer r.close()
	r.plan(r.lengths, nil, lossPasses)
	t, err := r.forwardLayers(ctx, nil)
	if err != nil {
		return err
	}
	h, err := r.newHead(ctx, t.last(), true)
	if err != nil {
		return err
	}
	return h.logits(ctx, visit)
}

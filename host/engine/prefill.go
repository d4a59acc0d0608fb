package engine

import (
	"context"

	"github.com/gomlx/compute"
)

// prefill computes the keys and values of all tokens of some sequences, and gives
// each its next token.
func (g *generation) prefill(ctx context.Context, seqs []*sequence) error {
	samples := make([]Sample, len(seqs))
	for i, s := range seqs {
		samples[i].Tokens = s.tokens
	}
	r, err := g.newRun(samples, false)
	if err != nil {
		return err
	}
	defer r.close()
	r.meter.report = nil // a share of what is unknown
	r.name = func(seed int) string { return g.nameOf(seqs[seed].prompt) }
	hidden, err := g.enter(ctx, r)
	if err != nil {
		return err
	}
	for l := range g.layers() {
		w, err := g.weights.layer(ctx, l)
		if err != nil {
			return err
		}
		if err := g.prefillLayer(ctx, r, seqs, w, hidden); err != nil {
			return err
		}
	}
	width := g.arch.Hidden
	h, err := g.dev.fill(func(dst []float32) error {
		clear(dst)
		for i, n := range r.lengths {
			values := make([]float32, n*width)
			if err := hidden.read(i, values); err != nil {
				return err
			}
			copy(dst[i*width:(i+1)*width], values[(n-1)*width:])
		}
		return nil
	}, g.caches.slots, width)
	if err != nil {
		return err
	}
	logits, err := g.logits(ctx, h)
	if err != nil {
		return err
	}
	return g.choose(seqs, logits, func(i int) int { return i })
}

// enter looks the sequences' tokens up and runs the prologue.
func (g *generation) enter(ctx context.Context, r *run) (region, error) {
	var embedded []region
	for i, l := range g.lookups {
		out, err := r.lookUpIn(ctx, l, g.weights.lookups[i])
		if err != nil {
			return region{}, err
		}
		embedded = append(embedded, out)
	}
	if g.weights.prologue == nil {
		return embedded[0], nil
	}
	hidden := r.scratch.region(r.lengths, g.arch.Hidden)
	return hidden, r.forward(ctx, g.weights.prologue, r.batches, embedded, hidden, kept{}, "forward")
}

// prefillLayer is forward through a layer, in place, keys and values kept.
func (g *generation) prefillLayer(ctx context.Context, r *run, seqs []*sequence, w *weights, hidden region) error {
	return parallel(ctx, g.dev.batchesAtOnce(), len(r.batches), func(i int) error {
		b := r.batches[i]
		x, err := g.dev.prefillGraph(w.program, b.rows)
		if err != nil {
			return err
		}
		given := r.inputs(w.program, b, []region{hidden})
		defer given.free()
		given.borrow(w.given()...)
		outputs, err := given.run(g.dev, x)
		if err != nil {
			return err
		}
		defer free(outputs...)
		if err := r.store(b, outputs[0], hidden, "forward", w); err != nil {
			return err
		}
		for j, k := range g.caches.layers[w.layer] {
			rows, err := g.dev.read(outputs[1+j])
			if err != nil {
				return err
			}
			width := k.heads * k.dim
			err = k.edit(g.dev, g.caches.slots, g.caches.capacity, func(values []float32) {
				for _, part := range b.parts {
					for t := range part.n {
						k.put(values, g.caches.capacity, seqs[part.seed].slot, t, rows[(part.first+t)*width:])
					}
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// logits are those of the rows of h, [rows, vocab]. It frees h.
func (g *generation) logits(ctx context.Context, h compute.Buffer) ([]float32, error) {
	defer func() { free(h) }()
	rows, vocab := g.caches.slots, g.arch.Vocab
	if w := g.weights.before; w != nil {
		next, err := g.through(w, h)
		if err != nil {
			return nil, err
		}
		free(h)
		h = next
	}
	logits := make([]float32, rows*vocab)
	err := g.weights.chunks(ctx, func(c chunk) error {
		x, err := g.dev.logitsGraph(g.last, rows, c.n)
		if err != nil {
			return err
		}
		in := new(inputs)
		in.borrow(h)
		in.borrow(c.params...)
		out, err := in.run(g.dev, x)
		if err != nil {
			return err
		}
		defer free(out...)
		values, err := g.dev.read(out[0])
		if err != nil {
			return err
		}
		for row := range rows {
			copy(logits[row*vocab+c.first:], values[row*c.n:(row+1)*c.n])
		}
		return nil
	})
	return logits, err
}

// through runs rows through a program that looks at each by itself.
func (g *generation) through(w *weights, in ...compute.Buffer) (compute.Buffer, error) {
	x, err := g.dev.forwardGraph(w.program, g.caches.slots, nil)
	if err != nil {
		return nil, err
	}
	given := new(inputs)
	given.borrow(in...)
	given.borrow(w.given()...)
	out, err := given.run(g.dev, x)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

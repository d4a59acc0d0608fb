package engine

import (
	"context"
	"math"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/host/engine/fused"
)

// pendingBytes bounds what the linear maps' inputs and output gradients of the
// seeds that are not yet in S may take. It groups the work and has no influence
// on the result.
const pendingBytes = 32 << 20

// pending is what a batch's backward pass leaves to be added to S.
type pending struct {
	batch
	outputs []compute.Buffer
	layout  vjpLayout
}

// backward takes the vector-Jacobian product of a program for every seed: from
// dL/d output in dy to dL/d input in dx, one region an input; and it adds every
// seed to S. in are the inputs of the way forward, kept what else is left of it.
func (r *run) backward(ctx context.Context, w *weights, batches []batch, in []region, kept kept, dy region, dx []region, phase string) error {
	width := 0
	for _, q := range w.program.params {
		if q.matrix() {
			width += q.rows + q.cols
		}
	}
	for len(batches) > 0 {
		group := batches[:r.dev.together(batches, width)]
		batches = batches[len(group):]
		done := make([]pending, len(group))
		err := parallel(ctx, r.dev.batchesAtOnce(), len(group), func(i int) error {
			var err error
			done[i], err = r.vjp(w, group[i], in, kept, dy, dx)
			for _, p := range group[i].parts {
				r.progress(phase, w.layer, p.seed, kept.passes()*w.program.work(p.n))
			}
			return err
		})
		if err == nil {
			err = r.add(ctx, w, done)
		}
		for _, b := range done {
			free(b.outputs...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// together is how many of the next batches go before S is added to: as many as run
// at once, and more while what they leave, width floats a row, is small.
func (d *device) together(batches []batch, width int) int {
	count, bytes := 0, 0
	for _, b := range batches {
		bytes += 4 * width * b.rows
		if count >= d.batchesAtOnce() && bytes > pendingBytes {
			break
		}
		count++
	}
	return count
}

// vjp runs one batch.
func (r *run) vjp(w *weights, b batch, in []region, kept kept, dy region, dx []region) (pending, error) {
	p := w.program
	x, err := r.dev.gradientGraph(p, b.rows, kept.maps)
	if err != nil {
		return pending{}, err
	}
	given := r.inputs(p, b, in)
	defer given.free()
	given.borrow(w.given()...)
	kept.give(r.dev, b, given)
	width := dy.width
	given.add(r.dev.fill(func(dst []float32) error { return b.read(dy, width, dst) }, b.rows, width))
	outputs, err := given.run(r.dev, x)
	if err != nil {
		return pending{}, err
	}
	done := pending{b, outputs, x.vjp}
	for i := range dx {
		if err := r.store(b, outputs[i], dx[i], "gradient", w); err != nil {
			return done, err
		}
		free(outputs[i])
		outputs[i] = nil
	}
	return done, nil
}

// add adds some batches to S, seed after seed.
func (r *run) add(ctx context.Context, w *weights, done []pending) error {
	for _, b := range done {
		if err := r.addVectors(w, b); err != nil {
			return err
		}
	}
	sums := make([]fused.Sum, len(done[0].layout.linears))
	for i, l := range done[0].layout.linears {
		q := w.program.params[l.param]
		sums[i] = fused.Sum{W: fused.Float32(w.values[l.param]), S: w.s[l.param], Out: q.rows, In: q.cols}
		for _, b := range done {
			for _, p := range b.parts {
				s := fused.Seed{Tokens: p.n}
				var err error
				if s.X, err = r.dev.rowsOf(b.outputs[l.x], p, q.cols); err != nil {
					return err
				}
				if s.DY, err = r.dev.rowsOf(b.outputs[l.dy], p, q.rows); err != nil {
					return err
				}
				sums[i].Seeds = append(sums[i].Seeds, s)
			}
		}
	}
	return r.dev.accumulate(ctx, sums)
}

// addVectors adds each seed of a batch to the S of norms and biases.
func (r *run) addVectors(w *weights, b pending) error {
	for _, v := range b.layout.vectors {
		rows, err := r.dev.read(b.outputs[v.gradient])
		if err != nil {
			return err
		}
		width := w.program.params[v.param].rows
		for _, p := range b.parts {
			g := sumRows(p.span(rows, width*v.perRow), width)
			addAbs(w.s[v.param], w.values[v.param], g)
		}
	}
	return nil
}

// sumRows adds up rows of a width.
func sumRows(rows []float32, width int) []float32 {
	sums := make([]float64, width)
	for len(rows) > 0 {
		for i, v := range rows[:width] {
			sums[i] += float64(v)
		}
		rows = rows[width:]
	}
	g := make([]float32, width)
	for i, v := range sums {
		g[i] = float32(v)
	}
	return g
}

// addAbs is s += abs(w * g), elementwise.
func addAbs(s, w, g []float32) {
	w, g = w[:len(s)], g[:len(s)]
	for i := range s {
		s[i] += math.Float32frombits(math.Float32bits(w[i]*g[i]) &^ (1 << 31))
	}
}

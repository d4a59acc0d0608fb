package engine

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
)

// pendingBytes bounds what the linear maps' inputs and output gradients of the
// seeds that are not yet in S may take. It groups the work and has no influence
// on the result.
const pendingBytes = 64 << 20

// pending is what a seed's backward pass leaves to be added to S.
type pending struct {
	outputs []compute.Buffer
	layout  vjpLayout
	tokens  int
}

// backward takes the vector-Jacobian product of a program for every seed: from
// dL/d output in dy to dL/d input in dx, one region an input; and it adds every
// seed to S. in are the inputs of the way forward.
func (r *run) backward(ctx context.Context, w *weights, rows []int, in []region, dy region, dx []region, phase string) error {
	for first := 0; first < len(rows); {
		count := r.batch(w.program, rows[first:])
		batch := make([]pending, count)
		err := parallel(ctx, r.dev.seeds(), count, func(i int) error {
			var err error
			batch[i], err = r.vjp(w, first+i, rows[first+i], in, dy, dx)
			r.progress(phase, w.layer, first+i, backwardPasses*w.program.work(rows[first+i]))
			return err
		})
		if err == nil {
			err = r.add(ctx, w, batch)
		}
		for _, b := range batch {
			free(b.outputs...)
		}
		if err != nil {
			return err
		}
		first += count
	}
	return nil
}

// batch is how many of the next seeds go before S is added to: as many as run at
// once, and more while their linear maps' values are small.
func (r *run) batch(p *program, rows []int) int {
	width := 0
	for _, q := range p.params {
		if q.matrix() {
			width += q.rows + q.cols
		}
	}
	count, bytes := 0, 0
	for _, n := range rows {
		bytes += 4 * width * r.dev.pad(n)
		if count >= r.dev.seeds() && bytes > pendingBytes {
			break
		}
		count++
	}
	return count
}

// vjp runs one seed.
func (r *run) vjp(w *weights, seed, rows int, in []region, dy region, dx []region) (pending, error) {
	p, tokens := w.program, r.dev.pad(rows)
	x, err := r.dev.gradientGraph(p, tokens)
	if err != nil {
		return pending{}, err
	}
	inputs, err := r.inputs(p, seed, rows, tokens, in)
	defer func() { free(inputs...) }()
	if err != nil {
		return pending{}, err
	}
	width := dy.sizes[seed] / rows
	v, err := r.dev.fill(func(dst []float32) error { return dy.read(seed, dst) }, tokens, width)
	if err != nil {
		return pending{}, err
	}
	defer free(v)
	all := append(append(append([]compute.Buffer(nil), inputs...), w.buffers...), v)
	outputs, err := r.dev.run(x, all)
	if err != nil {
		return pending{}, err
	}
	done := pending{outputs, x.vjp, tokens}
	for i := range dx {
		values, err := r.dev.read(outputs[i])
		if err != nil {
			return done, err
		}
		if err := finite(values[:dx[i].sizes[seed]], p.inputs[i].width); err != nil {
			return done, r.seedError(seed, fmt.Errorf("gradient of %s: %w", r.place(w.layer, p), err))
		}
		if err := dx[i].write(seed, values); err != nil {
			return done, err
		}
		free(outputs[i])
		outputs[i] = nil
	}
	return done, nil
}

// add adds a batch to S, seed after seed.
func (r *run) add(ctx context.Context, w *weights, batch []pending) error {
	for _, b := range batch {
		for _, v := range b.layout.vectors {
			g, err := r.dev.read(b.outputs[v.gradient])
			if err != nil {
				return err
			}
			addAbs(w.s[v.param], w.values[v.param], g)
		}
	}
	var sums []matrixSum
	for i, l := range batch[0].layout.linears {
		q := w.program.params[l.param]
		sum := matrixSum{w: w.values[l.param], s: w.s[l.param], out: q.rows, in: q.cols}
		for _, b := range batch {
			l := b.layout.linears[i]
			dyT, err := r.dev.read(b.outputs[l.dyT])
			if err != nil {
				return err
			}
			sum.seeds = append(sum.seeds, contribution{dyT: dyT, x: b.outputs[l.x], tokens: b.tokens})
		}
		sums = append(sums, sum)
	}
	return r.dev.accumulate(ctx, sums)
}

// addAbs is s += abs(w * g), elementwise.
func addAbs(s, w, g []float32) {
	w, g = w[:len(s)], g[:len(s)]
	for i := range s {
		s[i] += math.Float32frombits(math.Float32bits(w[i]*g[i]) &^ (1 << 31))
	}
}

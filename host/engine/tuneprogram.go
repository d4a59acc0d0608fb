package engine

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// gradientBytes bounds what the gradients of the batches that are not yet added up may
// take. It groups the work and has no influence on the result.
const gradientBytes = 64 << 20

// tuneProgram takes the vector-Jacobian product of a program for every batch: from
// dL/d output in dy to dL/d input in dx, one region an input; and it adds the gradients
// of the program's factors to g, batch after batch. in are the inputs of the way
// forward.
func (r *run) tuneProgram(ctx context.Context, w *weights, batches []batch, in []region, kept kept, dy region, dx []region, g gradients) error {
	each := 0
	if w.adapted != nil {
		for _, f := range w.adapted.factors {
			if f != nil {
				each += 4 * (len(f.A) + len(f.B))
			}
		}
	}
	atOnce := max(r.dev.batchesAtOnce(), gradientBytes/max(each, 1))
	for len(batches) > 0 {
		group := batches[:min(atOnce, len(batches))]
		batches = batches[len(group):]
		outputs := make([][]compute.Buffer, len(group))
		err := parallel(ctx, r.dev.batchesAtOnce(), len(group), func(i int) error {
			var err error
			outputs[i], err = r.tuneBatch(w, group[i], in, kept, dy, dx)
			for _, p := range group[i].parts {
				r.progress("backward", w.layer, p.seed, kept.passes()*w.program.work(p.n))
			}
			return err
		})
		for _, out := range outputs {
			if err == nil {
				err = r.dev.addFactors(w, out, g)
			}
			free(out...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tuneBatch runs one batch. It returns dA and dB of every adapted param.
func (r *run) tuneBatch(w *weights, b batch, in []region, kept kept, dy region, dx []region) ([]compute.Buffer, error) {
	p := w.program
	x, err := r.dev.tuneGraph(w, b.rows, kept.maps)
	if err != nil {
		return nil, err
	}
	given := r.inputs(p, b, in)
	defer given.free()
	given.borrow(w.given()...)
	kept.give(r.dev, b, given)
	given.add(r.dev.fill(func(dst []float32) error { return b.read(dy, dy.width, dst) }, b.rows, dy.width))
	if w.adapted != nil {
		for i, f := range w.adapted.factors {
			if f != nil {
				given.borrow(w.adapted.a[i], w.adapted.b[i])
			}
		}
	}
	outputs, err := given.run(r.dev, x)
	if err != nil {
		return nil, err
	}
	for i := range dx {
		if err := r.store(b, outputs[i], dx[i], "gradient", w); err != nil {
			free(outputs...)
			return nil, err
		}
		free(outputs[i])
	}
	return outputs[len(dx):], nil
}

// addFactors adds one batch's gradients.
func (d *device) addFactors(w *weights, outputs []compute.Buffer, g gradients) error {
	if w.adapted == nil {
		return nil
	}
	for _, f := range w.adapted.factors {
		if f == nil {
			continue
		}
		if err := d.addOutputs(outputs[:2], g[f].A, g[f].B); err != nil {
			return err
		}
		outputs = outputs[2:]
	}
	return nil
}

// addOutputs adds what a graph gave to sums.
func (d *device) addOutputs(outputs []compute.Buffer, sums ...[]float32) error {
	for i, sum := range sums {
		values, err := d.read(outputs[i])
		if err != nil {
			return err
		}
		addTo(sum, values)
	}
	return nil
}

// addTo is sum += values, elementwise.
func addTo(sum, values []float32) {
	values = values[:len(sum)]
	for i := range sum {
		sum[i] += values[i]
	}
}

// tuneGraph maps (inputs, segments, tables, params, kept, dL/d output, A and B of each adapted
// param) to dL/d inputs, then dA and dB of each. A param given is the merged one. With x
// and dy the input and the output gradient of its linear map, dB = dy^T (x A^T) and dA =
// (dy B)^T x.
func (d *device) tuneGraph(w *weights, tokens int, kept []int) (*executable, error) {
	p := w.program
	ranks := make([]int, len(p.params)) // 0: not adapted
	if w.adapted != nil {
		for i, f := range w.adapted.factors {
			if f != nil {
				ranks[i] = f.Rank
			}
		}
	}
	kind := "gradient of factors "
	if len(kept) > 0 {
		kind = "gradient of factors, kept "
	}
	return d.graphs.get(graphKey{fmt.Sprint(kind, ranks), p, [4]int{tokens}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			b, err := p.lower(g, tokens, d, leaves(g, kept))
			if err != nil {
				return nil, err
			}
			return p.tuneGradients(b, ranks), nil
		})
	})
}

// tuneGradients adds the gradients of sum(output * dy), dy a new parameter.
func (p *program) tuneGradients(b *lowered, ranks []int) []*graph.Node {
	g := b.output.Graph()
	dy := graph.Parameter(g, "dy", b.output.Shape())
	ys, outputs := b.reverse(dy, b.inputs)
	maps := make(map[paramKey]int)
	for i, l := range b.linears {
		maps[l.weight] = i
	}
	for i, q := range p.params {
		if ranks[i] == 0 {
			continue
		}
		lowA := graph.Parameter(g, fmt.Sprint("A ", i), floats(ranks[i], q.cols))
		lowB := graph.Parameter(g, fmt.Sprint("B ", i), floats(q.rows, ranks[i]))
		m := maps[q.paramKey]
		da, db := factorGradients(b.linears[m].x, ys[m], lowA, lowB)
		outputs = append(outputs, da, db)
	}
	return outputs
}

// factorGradients is dA = (dy B)^T x and dB = dy^T (x A^T), for x [T, in] and dy [T, out].
func factorGradients(x, dy, a, b *graph.Node) (da, db *graph.Node) {
	xa := graph.DotGeneral(x, []int{1}, nil, a, []int{1}, nil)
	dyb := graph.DotGeneral(dy, []int{1}, nil, b, []int{0}, nil)
	return graph.DotGeneral(dyb, []int{0}, nil, x, []int{0}, nil), graph.DotGeneral(dy, []int{0}, nil, xa, []int{0}, nil)
}

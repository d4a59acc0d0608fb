package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// leaves makes each linear map's y the end of the way back: a parameter where it was kept
// on the way forward, else the product, through which no gradient passes.
func leaves(g *graph.Graph, kept []int) leafFunc {
	return func(i int, y *graph.Node) *graph.Node {
		if slices.Contains(kept, i) {
			return graph.Parameter(g, fmt.Sprint("kept ", i), y.Shape())
		}
		return graph.Identity(graph.StopGradient(y))
	}
}

// worthKeeping is how many inputs a linear map has at least whose y is kept. To write an
// entry to the page cache and to read it takes 14 ns (ext4 on a virtual disk), to compute
// it again from n others n/40 ns of a core with AVX2.
const worthKeeping = 1024

// kept is a layer's linear maps' ys on the way back: which of them lie in the scratch file,
// and where. The zero value is none.
type kept struct {
	maps []int
	y    []region
}

// passes is how often the way back multiplies each weight with a seed, about.
func (k kept) passes() float64 {
	if len(k.maps) > 0 {
		return backwardPasses - KeptPasses
	}
	return backwardPasses
}

// keep makes room for the ys of as many of the last layers as Options.Activations allows,
// down to the lowest: the way back needs those first. What is kept depends on the samples
// alone, never on the machine: a y given and a y computed again may round differently.
func (r *run) keep(lowest int) ([]kept, error) {
	all := make([]kept, r.layers())
	left := r.opts.Activations
	if left == 0 {
		return all, nil
	}
	for l := r.layers() - 1; l >= lowest; l-- {
		p := r.layer(l)
		maps, err := r.worth(p)
		if err != nil {
			return nil, err
		}
		if left -= tokensOf(r.samples) * p.bytesOf(maps); left < 0 {
			break
		}
		all[l].maps = maps
		matrices := p.matrices()
		for _, i := range maps {
			all[l].y = append(all[l].y, r.scratch.region(r.lengths, matrices[i].rows))
		}
	}
	return all, nil
}

// Keeps is of how many layers a Sensitivity run would keep linear maps' outputs, and in how
// many bytes, if the model had so many layers like its own.
func (e *Engine) Keeps(samples []Sample, layers int) (kept int, bytes int64, err error) {
	sum := int64(0)
	for l := range e.layers() {
		p := e.layer(l)
		maps, err := e.worth(p)
		if err != nil {
			return 0, 0, err
		}
		sum += p.bytesOf(maps)
	}
	each := sum * tokensOf(samples) / int64(max(e.layers(), 1))
	if each == 0 {
		return 0, 0, nil
	}
	kept = int(min(e.opts.Activations/each, int64(layers)))
	return kept, int64(kept) * each, nil
}

// worth is which of a program's linear maps' ys are worth keeping.
func (e *Engine) worth(p *program) ([]int, error) {
	maps, ok := e.keepable[p]
	if ok {
		return maps, nil
	}
	maps, err := e.dev.products(p, e.keepFrom)
	if err == nil {
		e.keepable[p] = maps
	}
	return maps, err
}

func tokensOf(samples []Sample) int64 {
	n := 0
	for _, s := range samples {
		n += len(s.Tokens)
	}
	return int64(n)
}

// bytesOf is what a token's ys of some linear maps take.
func (p *program) bytesOf(maps []int) int64 {
	n, matrices := 0, p.matrices()
	for _, i := range maps {
		n += 4 * matrices[i].rows
	}
	return int64(n)
}

// matrices are the weights of the linear maps, in the order in which these are lowered.
func (p *program) matrices() []param {
	var matrices []param
	for _, q := range p.params {
		if q.matrix() {
			matrices = append(matrices, q)
		}
	}
	return matrices
}

// give adds the ys of a batch to a graph's inputs.
func (k kept) give(d *device, b batch, given *inputs) {
	for _, y := range k.y {
		given.add(d.fill(func(dst []float32) error { return b.read(y, y.width, dst) }, b.rows, y.width))
	}
}

// take stores what a forward graph gave of a batch.
func (k kept) take(d *device, b batch, outputs []compute.Buffer) error {
	for i, y := range k.y {
		values, err := d.read(outputs[i])
		if err != nil {
			return err
		}
		if err := b.write(y, y.width, values); err != nil {
			return err
		}
	}
	return nil
}

// products is which linear maps' ys, of maps with so many inputs, the way back through a
// program needs. That of a map which is only added to the residual stream is not among them.
func (d *device) products(p *program, inputs int) (needed []int, err error) {
	defer recovered(&err, p.name)
	g := graph.NewGraph(d.Backend, p.name)
	defer g.Finalize()
	b, err := p.lower(g, 8, d, leaves(g, nil))
	if err != nil {
		return nil, err
	}
	outputs, _ := p.gradients(b)
	read := make(map[*graph.Node]bool)
	for _, n := range outputs {
		reach(n, read)
	}
	for i, l := range b.linears {
		if read[l.y] && l.w.Shape().Dim(1) >= inputs {
			needed = append(needed, i)
		}
	}
	return needed, nil
}

// reach marks a node and all that it is computed from.
func reach(n *graph.Node, marked map[*graph.Node]bool) {
	if marked[n] {
		return
	}
	marked[n] = true
	for _, in := range n.Inputs() {
		reach(in, marked)
	}
}

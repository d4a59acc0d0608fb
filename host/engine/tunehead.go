package engine

import (
	"context"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// tuneUnembedding goes back through an adapted unembedding, a chunk of the vocabulary at
// a time. It leaves dL/dh in dh and adds the gradients of its factors f to into.
func (h *headRun) tuneUnembedding(ctx context.Context, dh region, f, into *Factors) error {
	width := int(h.last.unembed.In)
	return h.chunks(ctx, func(c chunk) error {
		rows := f.Rank * c.first
		var factors inputs
		defer func() { factors.free() }()
		factors.add(upload(h.dev, f.A, f.Rank, width))
		factors.add(upload(h.dev, f.B[rows:rows+f.Rank*c.n], c.n, f.Rank))
		if factors.err != nil {
			return factors.err
		}
		for batches := h.packed; len(batches) > 0; {
			group := batches[:h.dev.together(batches, c.n)]
			batches = batches[len(group):]
			outputs := make([][]compute.Buffer, len(group))
			err := parallel(ctx, h.dev.batchesAtOnce(), len(group), func(i int) error {
				dz, err := h.gradient(c, group[i], dh, true)
				h.tell(c, group[i], headPasses(true))
				if err != nil {
					return err
				}
				defer free(dz)
				outputs[i], err = h.unembeddingFactors(c, group[i], dz, factors.all, f.Rank)
				return err
			})
			for _, out := range outputs {
				if err == nil {
					err = h.dev.addOutputs(out, into.A, into.B[rows:rows+f.Rank*c.n])
				}
				free(out...)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// unembeddingFactors is one batch's dA and dB of one chunk.
func (h *headRun) unembeddingFactors(c chunk, b batch, dz compute.Buffer, factors []compute.Buffer, rank int) ([]compute.Buffer, error) {
	width := int(h.last.unembed.In)
	x, err := h.dev.unembeddingGraph(c.n, b.rows, width, rank)
	if err != nil {
		return nil, err
	}
	in := new(inputs)
	defer in.free()
	in.add(h.dev.fill(func(dst []float32) error { return b.read(h.h, width, dst) }, b.rows, width))
	in.borrow(dz)
	in.borrow(factors...)
	return in.run(h.dev, x)
}

// unembeddingGraph maps (h [rows, width], dz [rows, chunk], A, B) to dA and dB.
func (d *device) unembeddingGraph(chunk, rows, width, rank int) (*executable, error) {
	return d.graphs.get(graphKey{"unembedding's factors", nil, [4]int{chunk, rows, width, rank}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			h := graph.Parameter(g, "h", floats(rows, width))
			dz := graph.Parameter(g, "dz", floats(rows, chunk))
			a := graph.Parameter(g, "A", floats(rank, width))
			b := graph.Parameter(g, "B", floats(chunk, rank))
			ha := graph.DotGeneral(h, []int{1}, nil, a, []int{1}, nil)
			dzb := graph.DotGeneral(dz, []int{1}, nil, b, []int{0}, nil)
			return []*graph.Node{
				graph.DotGeneral(dzb, []int{0}, nil, h, []int{0}, nil),
				graph.DotGeneral(dz, []int{0}, nil, ha, []int{0}, nil),
			}, nil
		})
	})
}

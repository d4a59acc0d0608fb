package engine

import (
	"context"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/host/engine/fused"
	"github.com/neuralnuggets/nugget/host/timing"
)

// accumulate adds every seed to its S: S += abs(W * dW), dW = dY^T X. Where the device
// shares its memory the fused kernel does it, else the device multiplies and dW comes
// back a tile at a time.
func (d *device) accumulate(ctx context.Context, sums []fused.Sum) error {
	defer d.clock.Begin(timing.S)()
	if d.adder != nil {
		return d.adder.Add(ctx, sums)
	}
	var tiles []tile
	for i := range sums {
		m := &sums[i]
		size := d.tileRows(m.Out, m.In)
		for first := 0; first < m.Out; first += size {
			tiles = append(tiles, tile{m, first, min(size, m.Out-first)})
		}
	}
	return parallel(ctx, d.workers, len(tiles), func(i int) error { return d.addTile(tiles[i]) })
}

// tile is some rows of a sum. Tiles are worked on in parallel; within one, the seeds
// are added in order: S has the same bytes for any number of workers.
type tile struct {
	*fused.Sum
	first, rows int
}

// tileRows divides a matrix into tiles of about the same number of rows: on the
// pure Go backend 1 MB, which a core's cache holds, on others 16 MB, which keeps
// their threads busy.
func (d *device) tileRows(out, in int) int {
	entries := 1 << 22
	if d.pureGo {
		entries = 1 << 18
	}
	rows := min(max(entries/in, 32), out)
	tiles := (out + rows - 1) / rows
	return (out + tiles - 1) / tiles
}

func (d *device) addTile(t tile) error {
	for _, s := range t.Seeds {
		if err := d.addSeed(t, s); err != nil {
			return err
		}
	}
	return nil
}

// addSeed adds one seed to a tile.
func (d *device) addSeed(t tile, s fused.Seed) error {
	tokens := max(roundUp(s.Tokens, 16), 16) // so that there are few graphs
	x, err := d.productGraph(t.rows, t.In, tokens)
	if err != nil {
		return err
	}
	var in inputs
	defer func() { in.free() }()
	in.add(d.fill(func(dst []float32) error { return d.rowsTo(dst, s.DY, s.Tokens, t.first, t.rows) }, tokens, t.rows))
	in.add(d.fill(func(dst []float32) error { return d.rowsTo(dst, s.X, s.Tokens, 0, t.In) }, tokens, t.In))
	out, err := in.run(d, x)
	if err != nil {
		return err
	}
	defer free(out...)
	dw, err := d.read(out[0])
	if err != nil {
		return err
	}
	for _, p := range s.Apart {
		if row := p.Index - t.first; row >= 0 && row < t.rows {
			copy(p.Values, dw[row*t.In:][:t.In])
			clear(dw[row*t.In:][:t.In])
		}
	}
	from, to := t.first*t.In, (t.first+t.rows)*t.In
	addAbs(t.S[from:to], t.W.Floats()[from:to], dw)
	return nil
}

// rowsTo copies n columns of so many rows, as they are to be multiplied, and zeros to the
// rest.
func (d *device) rowsTo(dst []float32, r fused.Rows, rows, first, n int) error {
	for i := range rows {
		copy(dst[i*n:][:n], r.Values[i*r.Stride+first:])
	}
	if d.bfloat16 {
		fused.RoundToBFloat16(dst[:rows*n])
	}
	clear(dst[rows*n:])
	return nil
}

// productGraph maps (dy [tokens, rows], x [tokens, in]) to dy^T x.
func (d *device) productGraph(rows, in, tokens int) (*executable, error) {
	return d.graphs.get(graphKey{"dW", nil, [4]int{rows, in, tokens}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			dy := graph.Parameter(g, "dy", floats(tokens, rows))
			x := graph.Parameter(g, "x", floats(tokens, in))
			return []*graph.Node{graph.DotGeneral(dy, []int{0}, nil, x, []int{0}, nil)}, nil
		})
	})
}

// rowsOf are one part's rows of a graph's output of a width.
func (d *device) rowsOf(b compute.Buffer, p part, width int) (fused.Rows, error) {
	values, err := d.read(b)
	if err != nil {
		return fused.Rows{}, err
	}
	return fused.Rows{Values: p.span(values, width), Stride: width}, nil
}

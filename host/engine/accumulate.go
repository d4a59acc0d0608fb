package engine

import (
	"context"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// matrixSum is the S of one matrix, to which seeds are added in their order:
// S += abs(W * dW), dW = dy^T x, plus rows that were looked up.
type matrixSum struct {
	w, s    []float32
	out, in int
	seeds   []contribution
}

// contribution is one seed's part in the gradient of a matrix.
type contribution struct {
	dyT    []float32      // [out, tokens]
	x      compute.Buffer // [tokens, in]
	tokens int
	rows   rowGradients // of an embedding that shares the weight; else none
}

// tile is some rows of a matrixSum. Tiles are worked on in parallel; within one,
// the seeds are added in order: S has the same bytes for any number of workers.
type tile struct {
	m           *matrixSum
	first, rows int
}

// accumulate adds every contribution to its S. dW exists a tile at a time.
func (d *device) accumulate(ctx context.Context, sums []matrixSum) error {
	var tiles []tile
	for i := range sums {
		m := &sums[i]
		size := d.tileRows(m.out, m.in)
		for first := 0; first < m.out; first += size {
			tiles = append(tiles, tile{m, first, min(size, m.out-first)})
		}
	}
	return parallel(ctx, d.workers, len(tiles), func(i int) error { return d.addTile(tiles[i]) })
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
	in := t.m.in
	w := t.m.w[t.first*in : (t.first+t.rows)*in]
	s := t.m.s[t.first*in : (t.first+t.rows)*in]
	for _, c := range t.m.seeds {
		x, err := d.productGraph(t.rows, in, c.tokens)
		if err != nil {
			return err
		}
		dyT, err := upload(d, c.dyT[t.first*c.tokens:(t.first+t.rows)*c.tokens], t.rows, c.tokens)
		if err != nil {
			return err
		}
		out, err := d.run(x, []compute.Buffer{dyT, c.x})
		free(dyT)
		if err != nil {
			return err
		}
		dw, err := d.read(out[0])
		if err != nil {
			return err
		}
		looked := c.rows.within(t.first, t.rows)
		for i, row := range looked.rows {
			at := dw[(row-t.first)*in:][:in]
			for j, v := range looked.sums[i] {
				at[j] += v
			}
		}
		addAbs(s, w, dw)
		free(out...)
	}
	return nil
}

// productGraph maps (dyT [rows, tokens], x [tokens, in]) to dyT x.
func (d *device) productGraph(rows, in, tokens int) (*executable, error) {
	return d.graphs.get(graphKey{"dW", nil, [4]int{rows, in, tokens}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			dyT := graph.Parameter(g, "dyT", floats(rows, tokens))
			x := graph.Parameter(g, "x", floats(tokens, in))
			return []*graph.Node{graph.DotGeneral(dyT, []int{1}, nil, x, []int{0}, nil)}, nil
		})
	})
}

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
	dyT   []float32      // [out, stride], of which the seed's are n columns from first on
	x     compute.Buffer // [tokens, in]: n of the seed's, then zeros
	n     int
	first int
	// stride and tokens are n and more: with padding, and other seeds' columns.
	stride, tokens int
	rows           rowGradients // of an embedding that shares the weight; else none
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
		dyT, err := d.fill(func(dst []float32) error {
			c.columns(dst, t.first, t.rows)
			return nil
		}, t.rows, c.tokens)
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

// columns copies the seed's columns of some rows of dyT to dst, [rows, tokens].
func (c contribution) columns(dst []float32, first, rows int) {
	for i := range rows {
		from := c.dyT[(first+i)*c.stride+c.first:]
		to := dst[i*c.tokens : (i+1)*c.tokens]
		copy(to, from[:c.n])
		clear(to[c.n:])
	}
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

// alone is the rows of x, of a width, that are one part's, as a buffer of their own
// with aloneRows rows.
func (d *device) alone(p part, x compute.Buffer, width int) (compute.Buffer, error) {
	values, err := d.read(x)
	if err != nil {
		return nil, err
	}
	return d.fill(func(dst []float32) error {
		clear(dst[copy(dst, p.span(values, width)):])
		return nil
	}, aloneRows(p), width)
}

// aloneRows rounds up, so that there are few graphs.
func aloneRows(p part) int { return roundUp(p.n, 16) }

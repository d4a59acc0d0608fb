package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// lookup is an embedding of the prologue. Its rows are read from the checkpoint
// one by one; the matrix is never in memory for it.
type lookup struct {
	embed     *archpb.Embed
	positions bool // looked up by position, not by token
	module    *arch.Module
}

// index is the row for token i of a sample.
func (l lookup) index(s Sample, i int) int {
	if l.positions {
		return i + int(l.embed.Offset)
	}
	return int(s.Tokens[i]) + int(l.embed.Offset)
}

// check refuses a sample that asks for rows the embedding does not have.
func (l lookup) check(s Sample) error {
	rows := int(l.embed.Rows)
	if l.positions {
		if last := l.index(s, len(s.Tokens)-1); last >= rows {
			return fmt.Errorf("%d tokens, but %s has rows for %d positions", len(s.Tokens), l.module.Path, rows-int(l.embed.Offset))
		}
		return nil
	}
	for i, id := range s.Tokens {
		if id < 0 || l.index(s, i) >= rows {
			return fmt.Errorf("token %d has id %d, but the vocabulary of %s has %d entries", i, id, l.module.Path, rows-int(l.embed.Offset))
		}
	}
	return nil
}

// embed writes a sample's rows to out, [T, width].
func (e *Engine) embed(ctx context.Context, l lookup, s Sample, out []float32) error {
	width := int(l.embed.Width)
	first := make(map[int]int) // row -> the first place that has it
	for i := range s.Tokens {
		row := l.index(s, i)
		dst := out[i*width : (i+1)*width]
		if j, ok := first[row]; ok {
			copy(dst, out[j*width:(j+1)*width])
			continue
		}
		first[row] = i
		if err := e.rows(ctx, l.module, row, 1, dst); err != nil {
			return err
		}
	}
	return nil
}

// rows reads rows of an embedding or an unembedding, adapter included.
func (e *Engine) rows(ctx context.Context, m *arch.Module, first, n int, dst []float32) error {
	if e.opts.Delta == nil && m.Weight.Layout == (arch.Layout{}) {
		return e.ck.ReadFloat32Rows(ctx, m.Weight.Name, first, n, dst)
	}
	// An adapter's delta, and a layout that is not the canonical one, concern the
	// whole matrix: here it does stay in memory.
	whole, ok := e.whole[m]
	if !ok {
		whole = make([]float32, m.Out*m.In)
		if err := e.readParam(ctx, m, param{}, whole); err != nil {
			return err
		}
		e.whole[m] = whole
	}
	copy(dst, whole[first*m.In:(first+n)*m.In])
	return nil
}

// rowGradients is the gradient of some rows of a matrix.
type rowGradients struct {
	rows   []int // ascending
	values map[int][]float32
	first  int // rows are counted from here
}

// from counts the rows from another first one.
func (g rowGradients) from(first int) rowGradients {
	g.first = first
	return g
}

// at is the gradient of a row that within returned.
func (g rowGradients) at(row int) []float32 { return g.values[row+g.first] }

// scatter adds up a sample's gradient dy [T, width] by row.
func (l lookup) scatter(s Sample, dy []float32) rowGradients {
	width := int(l.embed.Width)
	g := rowGradients{values: make(map[int][]float32)}
	for i := range s.Tokens {
		row := l.index(s, i)
		sum := g.values[row]
		if sum == nil {
			sum = make([]float32, width)
			g.values[row] = sum
			g.rows = append(g.rows, row)
		}
		for j, v := range dy[i*width : (i+1)*width] {
			sum[j] += v
		}
	}
	slices.Sort(g.rows)
	return g
}

// within returns the rows in [first, first+n), as g counts them.
func (g rowGradients) within(first, n int) []int {
	from, _ := slices.BinarySearch(g.rows, g.first+first)
	to, _ := slices.BinarySearch(g.rows, g.first+first+n)
	rows := make([]int, to-from)
	for i, row := range g.rows[from:to] {
		rows[i] = row - g.first
	}
	return rows
}

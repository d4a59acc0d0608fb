package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute"

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

// write puts a sample's rows into out, [T, width].
func (l lookup) write(ctx context.Context, m *matrix, s Sample, out []float32) error {
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
		if err := m.rows(ctx, row, 1, dst); err != nil {
			return err
		}
	}
	return nil
}

// matrix is an embedding or an unembedding that is read in parts.
type matrix struct {
	engine *Engine
	module *arch.Module
	whole  []float32      // nil: the parts are read from the checkpoint
	buffer compute.Buffer // whole as the device's; nil: it is not
}

// open prepares to read a matrix. An adapter's delta, and a layout that is not the
// canonical one, concern the whole of it: then it does lie in memory.
func (e *Engine) open(ctx context.Context, m *arch.Module) (*matrix, error) {
	if held, err := e.heldMatrix(ctx, m); held != nil || err != nil {
		return held, err
	}
	if e.byRow(m) {
		return &matrix{engine: e, module: m}, nil
	}
	whole := make([]float32, m.Out*m.In)
	return &matrix{engine: e, module: m, whole: whole}, e.readParam(ctx, m, param{}, whole)
}

// byRow reports whether a matrix can be read in parts.
func (e *Engine) byRow(m *arch.Module) bool {
	return e.opts.Delta == nil && m.Weight.Layout == (arch.Layout{})
}

// rows reads n rows from first on.
func (m *matrix) rows(ctx context.Context, first, n int, dst []float32) error {
	defer m.engine.loading()()
	if m.whole == nil {
		return m.engine.readRows(ctx, m.module.Weight, first, n, dst)
	}
	copy(dst, m.whole[first*m.module.In:(first+n)*m.module.In])
	return nil
}

// scatter adds a sample's gradient dy [T, width] to that of the rows that it looks up,
// which are in order.
func (l lookup) scatter(s Sample, dy []float32, rows []int, into []float32) {
	width := int(l.embed.Width)
	for i := range s.Tokens {
		place, _ := slices.BinarySearch(rows, l.index(s, i))
		addTo(into[place*width:(place+1)*width], dy[i*width:(i+1)*width])
	}
}

// rows are those that a sample looks up, each once, in order.
func (l lookup) rows(s Sample) []int {
	var rows []int
	for i := range s.Tokens {
		rows = append(rows, l.index(s, i))
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

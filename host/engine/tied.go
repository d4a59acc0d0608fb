package engine

import (
	"context"
	"slices"

	"github.com/neuralnuggets/nugget/host/engine/fused"
)

// A weight that embedding and unembedding share has a gradient of two parts, and the abs
// is that of their sum. The unembedding's part is known before the layers, the embedding's
// behind them. But only the rows that a seed looks up have both: S of all others is complete
// before the layers, and what waits is the unembedding's part of a few rows a seed.

// apart is these rows.
type apart struct {
	rows  [][]int // of each seed, in order
	dw    region  // the unembedding's part of their gradients
	width int
}

// aside is a sum without these rows, whose S lies in the scratch file while the layers are
// at work.
type aside struct {
	sum *vocabularySum
	s   region
}

// tiedLookup is which lookup reads the unembedding's weight; -1: none does.
func (h *headRun) tiedLookup() int {
	return slices.IndexFunc(h.lookups, func(l lookup) bool { return h.last.tied() && l.module == h.last.owner })
}

func (h *headRun) newApart(l lookup) *apart {
	a := &apart{width: int(l.embed.Width)}
	counts := make([]int, len(h.samples))
	for seed, s := range h.samples {
		a.rows = append(a.rows, l.rows(s))
		counts[seed] = len(a.rows[seed])
	}
	a.dw = h.scratch.region(counts, a.width)
	return a
}

// within is which of a seed's rows are in a chunk: from first on, n of them.
func (a *apart) within(seed int, c chunk) (first, n int) {
	first, _ = slices.BinarySearch(a.rows[seed], c.first)
	end, _ := slices.BinarySearch(a.rows[seed], c.first+c.n)
	return first, end - first
}

// room is for the gradients of a seed's rows in a chunk, which follow each other in memory.
func (a *apart) room(seed int, c chunk) []fused.Row {
	if a == nil {
		return nil
	}
	first, n := a.within(seed, c)
	values := make([]float32, n*a.width)
	var rows []fused.Row
	for i, row := range a.rows[seed][first : first+n] {
		rows = append(rows, fused.Row{Index: row - c.first, Values: values[i*a.width : (i+1)*a.width : n*a.width]})
	}
	return rows
}

// keep stores what has been written to the room.
func (a *apart) keep(seed int, c chunk, rows []fused.Row) error {
	if len(rows) == 0 {
		return nil
	}
	first, n := a.within(seed, c)
	return a.dw.writeRows(seed, first, rows[0].Values[:n*a.width])
}

// setAside writes S to the scratch file, until the layers have been gone through.
func (h *headRun) setAside(sum *vocabularySum) error {
	h.aside = aside{sum, h.scratch.region([]int{sum.vocab}, sum.width)}
	err := h.aside.s.write(0, sum.s)
	sum.s = nil
	return err
}

// finish completes what was set aside. dx is the gradient of what l gave.
func (h *headRun) finish(ctx context.Context, l lookup, dx region) (*vocabularySum, error) {
	sum := h.aside.sum
	expect(4 * sum.vocab * sum.width)
	sum.s = make([]float32, sum.vocab*sum.width)
	if err := h.aside.s.read(0, sum.s); err != nil {
		return nil, err
	}
	return sum, h.addLookups(ctx, l, dx, sum.apart, sum.s)
}

package engine

import (
	"cmp"
	"slices"
)

// batch is some seeds whose rows go through a graph together, one seed after
// another. Attention keeps them apart; nothing else looks from row to row.
type batch struct {
	parts []part
	rows  int // of the graph: what no part holds is padding
}

// part is one seed's rows of a batch.
type part struct{ seed, first, n int }

// span is where the part's rows lie in values of a width.
func (p part) span(values []float32, width int) []float32 {
	return values[p.first*width : (p.first+p.n)*width]
}

// longest is how many rows a batch of several seeds may have, and the longest seed
// that shares one.
const longest = 512

// sizing is how large the batches of a run may be.
type sizing struct {
	least int // rows
	// fixed is set where other runs follow, which are to find the same graphs.
	fixed bool
	// pair is what it costs to attend from a row to another, as a share of what all else
	// costs for a row.
	pair float64
}

const (
	// aBatch is how many rows a batch costs by itself.
	aBatch = 4
	// manyRows is from how many on a size of their own is looked for.
	manyRows = 2048
)

// batches distributes the seeds, seed s with rows[s] rows, so that they share graphs
// and waste little on padding. Pure Go compiles a graph in 1 ms and works on seeds
// side by side: there every seed is a batch. XLA compiles one in 0.2 to 2 s: there
// batches are of one size, but for the longest seeds. It is the one that costs least:
// seeds of 170 rows leave a third of 256 empty, and little of 352.
func (d *device) batches(rows []int, z sizing) []batch {
	if d.pureGo {
		var all []batch
		for seed, n := range rows {
			all = append(all, batch{[]part{{seed, 0, n}}, roundUp(n, 8)})
		}
		return all
	}
	most, total := z.least, 0
	for _, n := range rows {
		total += n
		if n <= longest {
			most = max(most, n)
		}
	}
	best := pack(rows, roundUp(most, 64))
	if z.fixed || total < manyRows {
		return best
	}
	cost := z.cost(best)
	for size := roundUp(most, 16); size <= longest; size += 16 {
		if all := pack(rows, size); z.cost(all) < cost {
			best, cost = all, z.cost(all)
		}
	}
	return best
}

// cost is in rows.
func (z sizing) cost(all []batch) float64 {
	sum := 0.0
	for _, b := range all {
		n := float64(b.rows)
		sum += aBatch + n + z.pair*n*n
	}
	return sum
}

// pack distributes the seeds over batches of a size: the longest first, each to the
// fullest batch that has room. Seeds that are too long for any get one of their own.
func pack(rows []int, size int) []batch {
	order := make([]int, len(rows))
	for seed := range rows {
		order[seed] = seed
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[b], rows[a]) })
	var all []batch
	var used []int
	for _, seed := range order {
		n := rows[seed]
		best := -1
		for i, b := range all {
			if used[i]+n <= b.rows && (best < 0 || used[i] > used[best]) {
				best = i
			}
		}
		switch {
		case n > longest:
			all, used = append(all, batch{nil, roundUp(n, 256)}), append(used, roundUp(n, 256))
			best = len(all) - 1
		case best < 0:
			all, used = append(all, batch{nil, size}), append(used, n)
			best = len(all) - 1
		default:
			used[best] += n
		}
		all[best].parts = append(all[best].parts, part{seed: seed, n: n})
	}
	for _, b := range all {
		slices.SortFunc(b.parts, func(x, y part) int { return cmp.Compare(x.seed, y.seed) })
		first := 0
		for i := range b.parts {
			b.parts[i].first = first
			first += b.parts[i].n
		}
	}
	slices.SortFunc(all, func(x, y batch) int { return cmp.Compare(x.parts[0].seed, y.parts[0].seed) })
	return all
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }

// read fills dst, [rows, width], from each seed's place in r, and the padding with
// zeros.
func (b batch) read(r region, width int, dst []float32) error {
	end := 0
	for _, p := range b.parts {
		if err := r.read(p.seed, p.span(dst, width)); err != nil {
			return err
		}
		end = p.first + p.n
	}
	clear(dst[end*width:])
	return nil
}

// write stores each seed's rows of src.
func (b batch) write(r region, width int, src []float32) error {
	for _, p := range b.parts {
		if err := r.write(p.seed, p.span(src, width)); err != nil {
			return err
		}
	}
	return nil
}

// segments is each row's seed, and -1 in the padding.
func (b batch) segments() []int32 {
	s := slices.Repeat([]int32{-1}, b.rows)
	for _, p := range b.parts {
		for i := range p.n {
			s[p.first+i] = int32(p.seed)
		}
	}
	return s
}

// sizing is that of the layers' batches.
func (e *Engine) sizing() sizing {
	z := sizing{least: max(64, e.foreseen.tokens), fixed: e.foreseen.tokens > 0}
	pairs, entries := 0, 0.0
	for l := range e.layers() {
		p := e.layer(l)
		entries += p.work(1)
		for _, s := range p.attentions {
			pairs += int(s.Heads) * (2*int(s.HeadDim) + softmaxWork)
		}
	}
	if entries > 0 {
		z.pair = float64(pairs) / entries
	}
	return z
}

// softmaxWork is what a score's softmax costs, in multiplications.
const softmaxWork = 40

// headRows is how many rows a batch has at least in the head.
const headRows = 256

// headSizing is that of the head's batches, where no row looks at another.
func (e *Engine) headSizing() sizing {
	return sizing{least: max(headRows, e.foreseen.rows), fixed: e.foreseen.rows > 0}
}

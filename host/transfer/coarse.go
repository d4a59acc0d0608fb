package transfer

import (
	"math"
	"runtime"
)

// coarse finds the blocks of s that may have the largest sum without exact sums: each
// entry is rounded to a whole number of units, so small that all of s are some 2^50 of
// them. float64 holds sums of these without rounding, so they slide as exact ones do, and a
// block's is off by half a unit an entry at most.
type coarse struct {
	s      matrix
	n, m   int
	units  float64 // per 1, a power of two
	margin float64 // how far two blocks' sums can change places
	best   float64
	sums   [sumRows][]float64 // of n rows of each column
}

// candidate is a block by its first row and column.
type candidate struct {
	row, col int
	sum      float64 // in units
}

// candidates are the n x m blocks that may have the largest sum, in row-major order;
// false: there are more than are worth their exact sums. total is the sum of s, not 0.
func candidates(s matrix, n, m int, total float64) ([]candidate, bool) {
	_, e := math.Frexp(total)
	c := &coarse{s: s, n: n, m: m, units: math.Ldexp(1, 50-e), margin: float64(n) * float64(m)}
	for i := range min(sumRows, len(s.rows)-n+1) {
		c.sums[i] = make([]float64, s.cols)
	}
	most := max(1, 4*len(s.rows)*s.cols/(n*m)) // then they cost what sliding exact sums does
	var all []candidate
	current := make([]float64, s.cols)
	for first := 0; first <= len(s.rows)-n; first += sumRows {
		count := min(sumRows, len(s.rows)-n+1-first)
		c.slide(current, first, count)
		rows := make([][]candidate, count)
		each(count, func(i int) { rows[i] = c.inRow(first+i, c.sums[i], most) })
		for _, r := range rows {
			for _, found := range r {
				c.best = max(c.best, found.sum)
			}
			all = append(all, r...)
		}
		all = c.prune(all)
		if len(all) > most {
			return nil, false
		}
	}
	return all, true
}

// slide moves the columns' sums on to the positions first to first+count-1.
func (c *coarse) slide(current []float64, first, count int) {
	stripes := min(4*runtime.GOMAXPROCS(0), c.s.cols)
	each(stripes, func(i int) {
		from, to := stripe(i, stripes, c.s.cols)
		part := current[from:to]
		for p := range count {
			if at := first + p; at == 0 {
				for _, r := range c.s.rows[:c.n] {
					addUnits(part, r[from:to], c.units)
				}
			} else {
				addUnits(part, c.s.rows[at+c.n-1][from:to], c.units)
				addUnits(part, c.s.rows[at-1][from:to], -c.units)
			}
			copy(c.sums[p][from:], part)
		}
	})
}

// inRow is the candidates of a position of the first row, a few more than most at most.
func (c *coarse) inRow(row int, columns []float64, most int) []candidate {
	sum := 0.0
	for _, v := range columns[:c.m] {
		sum += v
	}
	var list []candidate
	best := max(c.best, sum)
	if sum >= best-c.margin {
		list = append(list, candidate{row, 0, sum})
	}
	least := best - c.margin
	last := columns[:len(columns)-c.m]
	for j, v := range columns[c.m:][:len(last)] {
		sum += v - last[j]
		if sum < least {
			continue
		}
		if sum > best {
			best, least = sum, sum-c.margin
			kept := list[:0]
			for _, x := range list {
				if x.sum >= least {
					kept = append(kept, x)
				}
			}
			list = kept
		}
		if len(list) <= most {
			list = append(list, candidate{row, j + 1, sum})
		}
	}
	return list
}

// prune drops what can no longer be the largest.
func (c *coarse) prune(list []candidate) []candidate {
	kept := list[:0]
	for _, x := range list {
		if x.sum >= c.best-c.margin {
			kept = append(kept, x)
		}
	}
	return kept
}

// rounder added to a float64 below 2^51 and taken off again rounds it to a whole number.
const rounder = 3 << 51

// portableAddUnits adds a row's entries in whole units to sums.
func portableAddUnits(sums []float64, row []float32, units float64) {
	sums = sums[:len(row)]
	for j, v := range row {
		sums[j] += float64(v)*units + rounder - rounder
	}
}

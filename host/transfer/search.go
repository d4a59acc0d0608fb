package transfer

import (
	"math"
	"runtime"
)

// search finds the n x m block of s with the largest sum, the first in row-major
// order where several have it, and the sum. n and m fit into s.
//
// Sums that decide are exact: x is s's format. So the result is that of a brute force with
// exact sums, for any number of cores. As a rule coarse sums leave a candidate or two; where
// many blocks tie, as in a matrix of zeros, all sums are exact. The work is two additions an
// entry; besides s it needs sumRows sums a column.
func search(x exact, s matrix, n, m int) (row, col int, sum float64) {
	if x.total == 0 {
		return 0, 0, 0
	}
	few, ok := candidates(s, n, m, x.total)
	if !ok {
		return searchAll(x, s, n, m)
	}
	var best []uint64
	for _, c := range few {
		if sum := sumOfBlock(x, s, c.row, c.col, n, m); best == nil || x.less(best, sum) {
			best, row, col = sum, c.row, c.col
		}
	}
	return row, col, x.float(best)
}

// sumOfBlock is a block's exact sum. Mantissas add up by their exponents first: 2^40 of them
// fit into 64 bits.
func sumOfBlock(x exact, s matrix, row, col, n, m int) []uint64 {
	const tile = 64 // rows a call
	tiles := make([][256]uint64, (n+tile-1)/tile)
	each(len(tiles), func(i int) {
		for _, r := range s.rows[row+i*tile : row+min((i+1)*tile, n)] {
			for _, v := range r[col : col+m] {
				b := math.Float32bits(v) &^ (1 << 31) // of a zero
				e := b >> 23
				leading := uint64(min(e, 1)) << 23
				tiles[i][e] += uint64(b&(1<<23-1)) | leading
			}
		}
	})
	sum := make([]uint64, x.words)
	for _, t := range tiles {
		for e, v := range t {
			if v != 0 {
				shift := max(uint32(e), 1) - x.lowest
				carryUp(sum[shift>>6:], v<<(shift&63), v>>1>>(63-shift&63))
			}
		}
	}
	return sum
}

// searchAll is search with exact sums of all blocks.
func searchAll(x exact, s matrix, n, m int) (row, col int, sum float64) {
	v := &verticals{x: x, s: s, n: n, current: make([]uint64, s.cols*x.words)}
	best := make([]uint64, x.words)
	found := false
	for first := 0; first <= len(s.rows)-n; first += sumRows {
		count := min(sumRows, len(s.rows)-n+1-first)
		v.slide(first, count)
		rows := make([]rowBest, count)
		each(count, func(i int) { rows[i] = bestInRow(x, v.sums[i], s.cols, m) })
		for i, r := range rows {
			if !found || x.less(best, r.sum) {
				found, row, col = true, first+i, r.col
				copy(best, r.sum)
			}
		}
	}
	return row, col, x.float(best)
}

// sumRows is how many positions of the window's first row are worked on at a time.
const sumRows = 16

// verticals are the sums of n rows of each column, for sumRows positions.
type verticals struct {
	x       exact
	s       matrix
	n       int
	current []uint64 // for the last position
	sums    [sumRows][]uint64
}

// slide moves the sums on to the positions first to first+count-1.
func (v *verticals) slide(first, count int) {
	for i := range count {
		if v.sums[i] == nil {
			v.sums[i] = make([]uint64, len(v.current))
		}
	}
	stripes := min(4*runtime.GOMAXPROCS(0), v.s.cols)
	each(stripes, func(i int) {
		from, to := stripe(i, stripes, v.s.cols)
		current := v.current[from*v.x.words : to*v.x.words]
		for p := range count {
			if at := first + p; at == 0 {
				for _, r := range v.s.rows[:v.n] {
					v.x.addRow(current, r[from:to])
				}
			} else {
				v.x.addRow(current, v.s.rows[at+v.n-1][from:to])
				v.x.subRow(current, v.s.rows[at-1][from:to])
			}
			copy(v.sums[p][from*v.x.words:], current)
		}
	})
}

// rowBest is the best window of one position of its first row.
type rowBest struct {
	col int
	sum []uint64
}

func bestInRow(x exact, verticals []uint64, cols, m int) rowBest {
	w := x.words
	sum := make([]uint64, w)
	for j := range m {
		x.addSum(sum, verticals[j*w:(j+1)*w])
	}
	best := rowBest{0, append([]uint64(nil), sum...)}
	for j := m; j < cols; j++ {
		x.addSum(sum, verticals[j*w:(j+1)*w])
		x.subSum(sum, verticals[(j-m)*w:(j-m+1)*w])
		if x.less(best.sum, sum) {
			best.col = j - m + 1
			copy(best.sum, sum)
		}
	}
	return best
}

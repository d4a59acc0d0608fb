package transfer

// heat is a matrix's sensitivity seen from afar: cells of nearly equal size, each the
// mean of S in it over the mean of S in the matrix, so that 1 is what a cell has when
// nothing stands out.
type heat struct {
	rows, cols int
	values     []float32
}

// heatBytes is about what a transfer's heat maps may take together, as F16.
const heatBytes = 512 << 10

// heatSide is how many cells a side a heat map has at most, when there are n of them;
// 0: there are too many to keep any.
func heatSide(n int) int {
	for _, side := range []int{32, 24, 16, 12, 8} {
		if n*side*side*2 <= heatBytes {
			return side
		}
	}
	return 0
}

// heatOf looks at s from afar. A cell is summed up in row-major order, so the map is the
// same for any number of cores.
func heatOf(s matrix, side int) heat {
	h := heat{rows: min(side, len(s.rows)), cols: min(side, s.cols)}
	sums := make([]float64, h.rows*h.cols)
	each(h.rows, func(i int) {
		first, last := stripe(i, h.rows, len(s.rows))
		for _, r := range s.rows[first:last] {
			for j := range h.cols {
				from, to := stripe(j, h.cols, s.cols)
				sums[i*h.cols+j] += sumOf(r[from:to])
			}
		}
	})
	total := 0.0
	for _, v := range sums {
		total += v
	}
	mean := total / float64(len(s.rows)*s.cols)
	h.values = make([]float32, len(sums))
	if !(mean > 0) {
		return h
	}
	for i := range h.rows {
		first, last := stripe(i, h.rows, len(s.rows))
		for j := range h.cols {
			from, to := stripe(j, h.cols, s.cols)
			h.values[i*h.cols+j] = float32(sums[i*h.cols+j] / float64((last-first)*(to-from)) / mean)
		}
	}
	return h
}

// turned is the map of the transpose.
func (h heat) turned() heat {
	t := heat{rows: h.cols, cols: h.rows, values: make([]float32, len(h.values))}
	for i := range h.rows {
		for j := range h.cols {
			t.values[j*t.cols+i] = h.values[i*h.cols+j]
		}
	}
	return t
}

// heatSide is that of the plan's maps. Where there are too many, the experts get none.
func (p *plan) heatSide() (side int, experts bool) {
	if side := heatSide(p.pictures(true)); side > 0 {
		return side, true
	}
	return heatSide(p.pictures(false)), false
}

// pictures is how many heat maps a transfer has.
func (p *plan) pictures(experts bool) int {
	n := len(p.embeddings)
	for _, targets := range p.targets {
		for _, t := range targets {
			if experts || t.module.Expert < 0 {
				n += len(t.parts)
			}
		}
	}
	return n
}

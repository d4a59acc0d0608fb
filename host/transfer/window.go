package transfer

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
)

// Window is what was taken of a teacher's matrix for one of the student's.
type Window struct {
	// Row and Col are the first row and column of a window that hangs together; nil
	// where the structure is rows-columns or neurons.
	Row  *int `json:"row,omitempty"`
	Col  *int `json:"col,omitempty"`
	Rows int  `json:"rows"`
	Cols int  `json:"cols"`
	// Sum is the window's sum of S, Share the part that it is of the matrix's.
	Sum   float64 `json:"sum"`
	Share float64 `json:"share"`
	// Matrix is the size of the teacher's matrix, [rows, cols], or of its part that the
	// window lies in.
	Matrix []int `json:"matrix,omitempty"`
}

// extract takes a window as large as dst out of w, chosen by its sensitivity s, and
// writes it into dst. A window that is larger than w in a dimension takes all there is
// and leaves zeros behind it.
func extract(structure string, s, w, dst matrix, rng *rand.Rand) (Window, error) {
	n, m := min(len(dst.rows), len(s.rows)), min(dst.cols, s.cols)
	win := Window{Rows: n, Cols: m, Matrix: []int{len(s.rows), s.cols}}
	x, err := newExact(s)
	if err != nil {
		return win, err
	}
	switch structure {
	case Submatrix:
		row, col, sum := search(x, s, n, m)
		win.Row, win.Col, win.Sum = &row, &col, sum
		copyBlock(dst, w, row, col, n, m)
	case Random:
		row, col := rng.IntN(len(s.rows)-n+1), rng.IntN(s.cols-m+1)
		win.Row, win.Col = &row, &col
		for _, r := range s.rows[row : row+n] {
			win.Sum += sumOf(r[col : col+m])
		}
		copyBlock(dst, w, row, col, n, m)
	case RowsColumns:
		rows, cols := strongest(s, n, m)
		for i, r := range rows {
			for j, c := range cols {
				dst.rows[i][j] = w.rows[r][c]
				win.Sum += float64(s.rows[r][c])
			}
		}
	case Neurons:
		win.Sum = neurons(s, w, dst, n, m)
	default:
		return win, fmt.Errorf("structure %q is unknown", structure)
	}
	if x.total > 0 {
		win.Share = win.Sum / x.total
	}
	return win, nil
}

func copyBlock(dst, w matrix, row, col, n, m int) {
	for i, r := range w.rows[row : row+n] {
		copy(dst.rows[i], r[col:col+m])
	}
}

// strongest is the n rows and m columns with the highest mean sensitivity, in the
// order of their indices. Of equal ones the first are taken.
func strongest(s matrix, n, m int) (rows, cols []int) {
	byRow, byCol := make([]float64, len(s.rows)), make([]float64, s.cols)
	for i, r := range s.rows {
		for j, v := range r {
			byRow[i] += float64(v)
			byCol[j] += float64(v)
		}
	}
	return top(byRow, n), top(byCol, m)
}

// top is the indices of the k highest values, ascending; of equal ones the first.
func top(values []float64, k int) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	order = order[:k]
	slices.Sort(order)
	return order
}

// neurons takes the n*m single weights with the highest sensitivity, wherever they
// are, and lays them out in row-major order of their places. Of equal ones the first
// are taken. It returns the sum of their sensitivities.
func neurons(s, w, dst matrix, n, m int) float64 {
	least, ties := threshold(s, n*m)
	sum, k := 0.0, 0
	for i, r := range s.rows {
		for j, v := range r {
			switch {
			case v < least:
				continue
			case v == least:
				if ties == 0 {
					continue
				}
				ties--
			}
			dst.rows[k/m][k%m] = w.rows[i][j]
			sum += float64(v)
			k++
		}
	}
	return sum
}

// generator is a source of random numbers of its own for each use, so that the order
// of work does not matter.
func generator(seed uint64, use string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(use))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// sumOf adds up in float64, in order.
func sumOf(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	return sum
}

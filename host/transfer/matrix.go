package transfer

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// matrix is a view of a matrix as its rows, so that the rows of a fused map's part
// can be one without a copy.
type matrix struct {
	rows [][]float32
	cols int
}

// asMatrix views row-major values.
func asMatrix(values []float32, rows, cols int) matrix {
	m := matrix{rows: make([][]float32, rows), cols: cols}
	for i := range m.rows {
		m.rows[i] = values[i*cols : (i+1)*cols : (i+1)*cols]
	}
	return m
}

// part is the rows that the spans pick, in order; no spans: all.
func (m matrix) part(spans []arch.Span) matrix {
	if spans == nil {
		return m
	}
	p := matrix{cols: m.cols}
	for _, s := range spans {
		p.rows = append(p.rows, m.rows[s.First:s.First+s.Count]...)
	}
	return p
}

// turned is a copy of the transpose.
func (m matrix) turned() matrix {
	t := asMatrix(make([]float32, len(m.rows)*m.cols), m.cols, len(m.rows))
	for i, r := range m.rows {
		for j, v := range r {
			t.rows[j][i] = v
		}
	}
	return t
}

// each calls fn for 0 to n-1 on all cores. Calls must not depend on each other.
func each(n int, fn func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			fn(i)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				fn(i)
			}
		})
	}
	group.Wait()
}

// stripe is the half-open range i of n equal ranges of size.
func stripe(i, n, size int) (first, last int) { return i * size / n, (i + 1) * size / n }

package product

import (
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// tileRows and tileCols are what a kernel sums in registers.
	tileRows, tileCols = 6, 16
	// depth is how much of a sum is done at a time: a panel of B and the rows of A that
	// meet it then lie in the nearest cache.
	depth = 256
	// worthwhile is how many multiplications more a further worker takes at least.
	worthwhile = 1 << 21
)

// shape is that of a product: out [batch, m, n] = a [batch, m, k] times b, which is
// [batch, k, n], or [batch, n, k] when it is turned.
type shape struct {
	batch, m, n, k int
	turned         bool
}

// room is one worker's memory.
type room struct {
	panel [depth * tileCols]float32    // of b, tileCols wide
	rows  [tileRows * depth]float32    // of a, where there are less than a tile's
	tile  [tileRows * tileCols]float32 // that reaches over the edge
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// atWork is how many workers multiply at the moment, in all products.
var atWork atomic.Int64

// multiply writes every entry of out.
func multiply(out, a, b []float32, s shape) {
	if s.k == 0 {
		clear(out)
		return
	}
	panels := (s.n + tileCols - 1) / tileCols
	total := s.batch * panels
	if total == 0 || s.m == 0 {
		return
	}
	var next atomic.Int64
	work := func() {
		own := rooms.Get().(*room)
		defer rooms.Put(own)
		for i := int(next.Add(1)) - 1; i < total; i = int(next.Add(1)) - 1 {
			batch, panel := i/panels, i%panels
			own.panelOf(out[batch*s.m*s.n:], a[batch*s.m*s.k:], b[batch*s.n*s.k:], s, panel*tileCols)
		}
	}
	// Products that run side by side already leave no core to spare.
	free := int64(runtime.GOMAXPROCS(0)) - atWork.Add(1)
	more := min(int(free), total-1, s.batch*s.m*s.n*s.k/worthwhile)
	var wg sync.WaitGroup
	for range max(more, 0) {
		atWork.Add(1)
		wg.Go(func() {
			defer atWork.Add(-1)
			work()
		})
	}
	work()
	wg.Wait()
	atWork.Add(-1)
}

// panelOf works on the columns from col on.
func (r *room) panelOf(out, a, b []float32, s shape, col int) {
	n := min(tileCols, s.n-col)
	for first := 0; first < s.k; first += depth {
		k := min(depth, s.k-first)
		if s.turned {
			r.packTurned(b[col*s.k+first:], s.k, n, k)
		} else {
			r.pack(b[first*s.n+col:], s.n, n, k)
		}
		row := 0
		if n == tileCols {
			for ; row+tileRows <= s.m; row += tileRows {
				avx2Tile(&a[row*s.k+first], 4*s.k, &r.panel[0], k, &out[row*s.n+col], 4*s.n, first > 0)
			}
		}
		for ; row < s.m; row += tileRows {
			r.edge(out[row*s.n+col:], a[row*s.k+first:], s, min(tileRows, s.m-row), n, k, first > 0)
		}
	}
}

// pack copies k rows of b, n entries of each.
func (r *room) pack(b []float32, stride, n, k int) {
	if n == tileCols {
		for i := range k {
			*(*[tileCols]float32)(r.panel[i*tileCols:]) = [tileCols]float32(b[i*stride:])
		}
		return
	}
	for i := range k {
		to := r.panel[i*tileCols:][:tileCols]
		copy(to, b[i*stride:][:n])
		clear(to[n:])
	}
}

// packTurned packs n rows of b, k entries of each, as columns.
func (r *room) packTurned(b []float32, stride, n, k int) {
	col := 0
	for ; col+8 <= n; col += 8 {
		if k >= 8 {
			avx2Turn(&r.panel[col], &b[col*stride], 4*stride, k/8)
		}
		for i := k &^ 7; i < k; i++ {
			for j := col; j < col+8; j++ {
				r.panel[i*tileCols+j] = b[j*stride+i]
			}
		}
	}
	for ; col < tileCols; col++ {
		for i := range k {
			if col < n {
				r.panel[i*tileCols+col] = b[col*stride+i]
			} else {
				r.panel[i*tileCols+col] = 0
			}
		}
	}
}

// edge is a tile of which only some rows and columns are there.
func (r *room) edge(out, a []float32, s shape, rows, n, k int, add bool) {
	from, stride := &a[0], 4*s.k
	if rows < tileRows {
		clear(r.rows[:tileRows*k])
		for i := range rows {
			copy(r.rows[i*k:][:k], a[i*s.k:])
		}
		from, stride = &r.rows[0], 4*k
	}
	avx2Tile(from, stride, &r.panel[0], k, &r.tile[0], 4*tileCols, false)
	for i := range rows {
		to := out[i*s.n:][:n]
		if !add {
			copy(to, r.tile[i*tileCols:])
			continue
		}
		for j, v := range r.tile[i*tileCols:][:n] {
			to[j] += v
		}
	}
}

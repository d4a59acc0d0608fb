package fused

// Rows of dW that are wanted themselves are few. They go through the tiles like the
// others, after which S gets its rows back, and are formed again by themselves.

// inside is the part of the seed's rows that lies in the block.
func (b block) inside(s Seed) func(yield func(Row) bool) {
	return func(yield func(Row) bool) {
		for _, p := range s.Apart {
			if p.Index >= b.first && p.Index < b.first+b.rows && !yield(p) {
				return
			}
		}
	}
}

// save copies these rows of S, from col to end.
func (b block) save(dst []float32, s Seed, col, end int) []float32 {
	dst = dst[:0]
	for p := range b.inside(s) {
		dst = append(dst, b.S[p.Index*b.In+col:p.Index*b.In+end]...)
	}
	return dst
}

// formRows writes these rows of dW to where they are wanted, and S as it was saved.
func (b block) formRows(k *Kernel, saved []float32, s Seed, col, end int) {
	n := end - col
	for p := range b.inside(s) {
		copy(b.S[p.Index*b.In+col:], saved[:n])
		saved = saved[n:]
		dw := p.Values[col:end]
		clear(dw)
		for t := range s.Tokens {
			dy := k.operand(s.DY.row(t, p.Index, 1)[0])
			for i, v := range s.X.row(t, col, n) {
				dw[i] += dy * k.operand(v)
			}
		}
	}
}

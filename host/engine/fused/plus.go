package fused

// Rows of dW that have something on top are few. They go through the tiles like the
// others, and then again by themselves.

// inside is the part of the seed's rows that lies in the block.
func (b block) inside(s Seed) func(yield func(Row) bool) {
	return func(yield func(Row) bool) {
		for _, p := range s.Plus {
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

// addRows adds these rows to the S that was saved.
func (b block) addRows(k *Kernel, saved []float32, s Seed, col, end int) {
	n := end - col
	for p := range b.inside(s) {
		dw := make([]float32, n)
		for t := range s.Tokens {
			dy := k.operand(s.DY.row(t, p.Index, 1)[0])
			for i, v := range s.X.row(t, col, n) {
				dw[i] += dy * k.operand(v)
			}
		}
		from := p.Index*b.In + col
		for i, v := range p.Values[col:end] {
			b.S[from+i] = saved[i] + magnitude(b.W.at(from+i)*(dw[i]+v))
		}
		saved = saved[n:]
	}
}

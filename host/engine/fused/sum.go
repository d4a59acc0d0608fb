package fused

import "fmt"

// Sum is the sensitivity of one matrix and the seeds that are to be added to it.
type Sum struct {
	S       []float32 // [Out, In]
	W       Weights   // [Out, In]
	Out, In int
	Seeds   []Seed // in the order in which they are added
}

// Seed is one seed's part in the gradient of a matrix, dW = DY^T X.
type Seed struct {
	Tokens int
	DY, X  Rows  // [Tokens, Out] and [Tokens, In]
	Apart  []Row // rows of dW that are written there and not added, each at most once
}

// Rows is a matrix whose rows may lie apart.
type Rows struct {
	Values []float32
	Stride int // entries from row to row
}

// Row is one row of a gradient.
type Row struct {
	Index  int
	Values []float32 // In of them
}

// check panics on sizes that do not fit: they are the caller's to get right.
func (m *Sum) check() {
	if len(m.S) != m.Out*m.In || len(m.W.Data) != m.Out*m.In*m.W.Type.size() {
		panic(fmt.Sprintf("fused: [%d, %d] has S of %d entries and W of %d bytes", m.Out, m.In, len(m.S), len(m.W.Data)))
	}
	for i, s := range m.Seeds {
		if s.Tokens > 0 && (len(s.DY.Values) < (s.Tokens-1)*s.DY.Stride+m.Out || len(s.X.Values) < (s.Tokens-1)*s.X.Stride+m.In) {
			panic(fmt.Sprintf("fused: seed %d: %d and %d values for %d tokens of [%d, %d]",
				i, len(s.DY.Values), len(s.X.Values), s.Tokens, m.Out, m.In))
		}
		for _, p := range s.Apart {
			if p.Index < 0 || p.Index >= m.Out || len(p.Values) != m.In {
				panic(fmt.Sprintf("fused: seed %d: row %d of %d entries for [%d, %d]", i, p.Index, len(p.Values), m.Out, m.In))
			}
		}
	}
}

// row is n entries of a row.
func (r Rows) row(token, first, n int) []float32 {
	return r.Values[token*r.Stride+first:][:n]
}

// sameX reports whether the seeds of two sums have the same inputs, as those of q, k
// and v do: then they are packed once.
func sameX(a, b *Sum) bool {
	if a.In != b.In || len(a.Seeds) != len(b.Seeds) {
		return false
	}
	for i := range a.Seeds {
		x, y := a.Seeds[i], b.Seeds[i]
		if x.Tokens != y.Tokens || x.X.Stride != y.X.Stride || x.Tokens > 0 && &x.X.Values[0] != &y.X.Values[0] {
			return false
		}
	}
	return true
}

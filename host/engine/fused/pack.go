package fused

import (
	"math"
	"unsafe"
)

// panel copies n columns of some rows, one a token, to dst, where they lie width
// words apart, zeros in the columns that are not there. Kernels of pairs have two
// tokens a word, the earlier one in the low half.
func (k *Kernel) panel(dst []uint32, src Rows, tokens, first, n, width int) {
	words := len(dst) / width
	switch {
	case !k.bfloat16:
		for t := range tokens {
			to := dst[t*width:][:width]
			copy(to, bitsOf(src.row(t, first, n)))
			clear(to[n:])
		}
	case !k.pairs:
		for t := range tokens {
			to := dst[t*width:][:width]
			for i, v := range src.row(t, first, n) {
				to[i] = rounded(v) << 16
			}
			clear(to[n:])
		}
	default:
		for i := range words {
			to := dst[i*width:][:width]
			k.pair(to, src, tokens, 2*i, first, n)
			clear(to[n:])
		}
	}
}

// pair packs two tokens of which there may be one or none.
func (k *Kernel) pair(dst []uint32, src Rows, tokens, token, first, n int) {
	switch {
	case token >= tokens:
		clear(dst[:n])
	case token+1 == tokens:
		for i, v := range src.row(token, first, n) {
			dst[i] = rounded(v)
		}
	default:
		a, b := src.row(token, first, n), src.row(token+1, first, n)
		b, dst = b[:len(a)], dst[:len(a)]
		for i, v := range a {
			dst[i] = rounded(v) | rounded(b[i])<<16
		}
	}
}

// packX packs a seed's columns from first on.
func (k *Kernel) packX(dst []uint32, s Seed, first, in int) {
	k.panel(dst, s.X, s.Tokens, first, min(k.cols, in-first), k.cols)
}

// packDY packs the columns of dY, which are rows of dW, from first on. spare has room
// for as many words.
func (k *Kernel) packDY(dst, spare []uint32, s Seed, first, out int) {
	n := min(k.rows, out-first)
	if !k.blocks {
		k.panel(dst, s.DY, s.Tokens, first, n, k.rows)
		return
	}
	k.panel(spare, s.DY, s.Tokens, first, n, k.rows)
	for word := range len(dst) / k.rows {
		to := dst[word/blockWords*blockWords*k.rows+word%blockWords:]
		for row, v := range spare[word*k.rows:][:k.rows] {
			to[row*blockWords] = v
		}
	}
}

// bitsOf views floats as words.
func bitsOf(v []float32) []uint32 {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(&v[0])), len(v))
}

// operand is a value as the kernel multiplies it.
func (k *Kernel) operand(v float32) float32 {
	if k.bfloat16 {
		return math.Float32frombits(rounded(v) << 16)
	}
	return v
}

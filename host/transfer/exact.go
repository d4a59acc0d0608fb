package transfer

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

// exact is a fixed-point format that holds every sum of a matrix's entries without
// rounding, so that sums can slide: what is taken off is exactly what was added, and
// no order of adding matters. float64 sums that slide are wrong as soon as a large
// entry has passed (1e20 + 1 - 1e20 = 0).
//
// A sum is words 64-bit words, the lowest first; bit 0 is worth 2^(lowest-150).
type exact struct {
	words  int
	lowest uint32 // the least biased exponent of an entry that is not zero
}

// newExact scans the entries. They must be finite and not negative.
func newExact(s matrix) (exact, error) {
	const tile = 64 // rows a call
	type extremes struct {
		low, high uint32
		bad       int // a row that has an entry that cannot be; -1: none
	}
	tiles := make([]extremes, (len(s.rows)+tile-1)/tile)
	each(len(tiles), func(i int) {
		x := extremes{low: 255, bad: -1}
		for r := i * tile; r < min((i+1)*tile, len(s.rows)); r++ {
			for _, v := range s.rows[r] {
				b := math.Float32bits(v)
				e := b >> 23
				if e >= 255 && b != 1<<31 { // NaN, an infinity or a sign, but -0
					x.bad = r
				}
				if b<<1 != 0 {
					e = max(e, 1)
					x.low, x.high = min(x.low, e), max(x.high, e)
				}
			}
			if x.bad >= 0 {
				break
			}
		}
		tiles[i] = x
	})
	all := extremes{low: 255}
	for _, x := range tiles {
		if x.bad >= 0 {
			return exact{}, badEntry(s, x.bad)
		}
		all.low, all.high = min(all.low, x.low), max(all.high, x.high)
	}
	if all.high == 0 {
		return exact{words: 2, lowest: 1}, nil // zeros alone
	}
	// A sum needs the bits of the largest mantissa and those of the entries' count; an
	// entry's place is two words.
	spread := int(all.high - all.low)
	width := spread + 24 + bits.Len(uint(len(s.rows)*s.cols))
	return exact{words: max((width+63)/64, spread/64+2), lowest: all.low}, nil
}

func badEntry(s matrix, row int) error {
	for j, v := range s.rows[row] {
		if v-v != 0 || v < 0 {
			return fmt.Errorf("the sensitivity is %v at [%d, %d], expected a number that is not negative", v, row, j)
		}
	}
	return nil
}

// addRow adds a row's entries, each to the sum of its column.
func (x exact) addRow(sums []uint64, row []float32) {
	at := 0
	for _, v := range row {
		if word, low, high, ok := x.place(v); ok {
			carryUp(sums[at+word:], low, high)
		}
		at += x.words
	}
}

// subRow takes a row off that was added.
func (x exact) subRow(sums []uint64, row []float32) {
	at := 0
	for _, v := range row {
		if word, low, high, ok := x.place(v); ok {
			borrowUp(sums[at+word:], low, high)
		}
		at += x.words
	}
}

// place is an entry's mantissa, shifted to where it belongs; false: it is zero.
func (x exact) place(v float32) (word int, low, high uint64, ok bool) {
	b := math.Float32bits(v)
	if b<<1 == 0 {
		return 0, 0, 0, false
	}
	e, m := b>>23, uint64(b&(1<<23-1))
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 23
	}
	shift := e - x.lowest
	return int(shift >> 6), m << (shift & 63), m >> 1 >> (63 - shift&63), true
}

// carryUp adds two words to a sum. There is room for the second, and for every carry.
func carryUp(sum []uint64, low, high uint64) {
	var carry uint64
	sum[0], carry = bits.Add64(sum[0], low, 0)
	sum[1], carry = bits.Add64(sum[1], high, carry)
	for i := 2; carry != 0; i++ {
		sum[i], carry = bits.Add64(sum[i], 0, carry)
	}
}

func borrowUp(sum []uint64, low, high uint64) {
	var borrow uint64
	sum[0], borrow = bits.Sub64(sum[0], low, 0)
	sum[1], borrow = bits.Sub64(sum[1], high, borrow)
	for i := 2; borrow != 0; i++ {
		sum[i], borrow = bits.Sub64(sum[i], 0, borrow)
	}
}

// addSum adds another sum.
func (x exact) addSum(sum, other []uint64) {
	var carry uint64
	for i := range sum {
		sum[i], carry = bits.Add64(sum[i], other[i], carry)
	}
}

// subSum takes another sum off.
func (x exact) subSum(sum, other []uint64) {
	var borrow uint64
	for i := range sum {
		sum[i], borrow = bits.Sub64(sum[i], other[i], borrow)
	}
}

// less compares two sums.
func (x exact) less(a, b []uint64) bool {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// float is the float64 that is nearest to a sum.
func (x exact) float(sum []uint64) float64 {
	words := make([]big.Word, 0, len(sum)*2)
	for _, w := range sum {
		if bits.UintSize == 64 {
			words = append(words, big.Word(w))
		} else {
			words = append(words, big.Word(uint32(w)), big.Word(w>>32))
		}
	}
	f := new(big.Float).SetInt(new(big.Int).SetBits(words))
	f.SetMantExp(f, int(x.lowest)-150)
	v, _ := f.Float64()
	return v
}

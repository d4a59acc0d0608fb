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
	lowest uint32  // the least biased exponent of an entry that is not zero
	total  float64 // of the matrix, in float64: row by row
}

// newExact scans the entries. They must be finite and not negative.
func newExact(s matrix) (exact, error) {
	const tile = 64 // rows a call
	tiles := make([]extremes, (len(s.rows)+tile-1)/tile)
	totals := make([]float64, len(s.rows))
	each(len(tiles), func(i int) {
		x := noExtremes()
		first, last := i*tile, min((i+1)*tile, len(s.rows))
		for _, r := range s.rows[first:last] {
			x = x.with(extremesOf(r))
		}
		tiles[i] = x
		sumsOf(s.rows[first:last], totals[first:last])
	})
	all := noExtremes()
	for i, x := range tiles {
		if x.suspicious() {
			for r := i * tile; r < min((i+1)*tile, len(s.rows)); r++ {
				if err := badEntry(s, r); err != nil {
					return exact{}, err
				}
			}
		}
		all = all.with(x)
	}
	if all.largest <= 0 {
		return exact{words: 2, lowest: 1}, nil // zeros alone
	}
	total := 0.0
	for _, t := range totals {
		total += t
	}
	// A sum needs the bits of the largest mantissa and those of the entries' count; an
	// entry's place is two words.
	low, high := max((all.below+1)>>23, 1), max(uint32(all.largest)>>23, 1)
	spread := int(high - low)
	width := spread + 24 + bits.Len(uint(len(s.rows)*s.cols))
	return exact{words: max((width+63)/64, spread/64+2), lowest: low, total: total}, nil
}

// extremes are those of entries, by their bits, whose order is that of the entries where
// these are not negative.
type extremes struct {
	below          uint32 // the least of the bits less 1, where zero is the largest
	least, largest int32  // of the bits; a sign makes them negative
}

func noExtremes() extremes { return extremes{math.MaxUint32, 0, math.MinInt32} }

func (x extremes) with(y extremes) extremes {
	return extremes{min(x.below, y.below), min(x.least, y.least), max(x.largest, y.largest)}
}

// suspicious reports whether there is a sign, which may be that of a zero, an infinity or
// NaN.
func (x extremes) suspicious() bool { return x.least < 0 || x.largest >= 255<<23 }

func portableExtremesOf(row []float32) extremes {
	x := noExtremes()
	for _, v := range row {
		b := math.Float32bits(v)
		x = x.with(extremes{b - 1, int32(b), int32(b)})
	}
	return x
}

// sumsOf is sumOf for each row. Four at a time don't wait for each other's additions.
func sumsOf(rows [][]float32, sums []float64) {
	for ; len(rows) >= 4; rows, sums = rows[4:], sums[4:] {
		var a, b, c, d float64
		r1, r2, r3 := rows[1], rows[2], rows[3]
		for j, v := range rows[0] {
			a += float64(v)
			b += float64(r1[j])
			c += float64(r2[j])
			d += float64(r3[j])
		}
		sums[0], sums[1], sums[2], sums[3] = a, b, c, d
	}
	for i, r := range rows {
		sums[i] = sumOf(r)
	}
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

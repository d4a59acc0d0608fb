package transfer

import "math"

// threshold is the k-th largest entry of s, and how many entries equal to it are among
// the k largest. The entries are not negative, so their order is that of their bits:
// two counts, of the upper and of the lower 16 bits, find it without sorting.
func threshold(s matrix, k int) (least float32, ties int) {
	upper, left := nth(s, k, func(b uint32) (uint32, bool) { return b >> 16, true })
	lower, ties := nth(s, left, func(b uint32) (uint32, bool) { return b & 0xffff, b>>16 == upper })
	return math.Float32frombits(upper<<16 | lower), ties
}

// nth is the digit of the k-th largest entry, and which of that digit's entries,
// counted from 1, it is.
func nth(s matrix, k int, digit func(uint32) (uint32, bool)) (uint32, int) {
	counts := make([]int, 1<<16)
	for _, r := range s.rows {
		for _, v := range r {
			if d, ok := digit(math.Float32bits(v) &^ (1 << 31)); ok {
				counts[d]++
			}
		}
	}
	for d := len(counts) - 1; ; d-- {
		if k <= counts[d] {
			return uint32(d), k
		}
		k -= counts[d]
	}
}

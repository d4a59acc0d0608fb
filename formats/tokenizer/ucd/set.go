// Package ucd knows which characters are letters, numbers, spaces and so on for
// the `tokenizers` package, whose ids this project must reproduce.
//
// Go's unicode tables can't serve: `tokenizers` 0.23 sees Unicode 16 in its
// regular expressions, 17 in Rust's standard library, 8 where it splits
// punctuation and 9 where it strips accents, whereas Go 1.26 has 15 and will
// have another tomorrow. The tables here are read off `tokenizers` itself by
// tables.py, and don't change with the compiler.
package ucd

import "sort"

// Range holds the code points Lo to Hi, both included.
type Range struct{ Lo, Hi rune }

// Set is a set of code points: sorted ranges that neither overlap nor touch.
type Set []Range

const maxRune = 0x10FFFF

// Contains reports whether r is in the set.
func (s Set) Contains(r rune) bool {
	lo, hi := 0, len(s)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s[mid].Hi < r {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(s) && s[lo].Lo <= r
}

// Of is the set of the given ranges, in any order and overlapping or not.
func Of(ranges ...Range) Set {
	all := append(Set(nil), ranges...)
	sort.Slice(all, func(i, j int) bool { return all[i].Lo < all[j].Lo })
	out := all[:0]
	for _, r := range all {
		if n := len(out); n > 0 && r.Lo <= out[n-1].Hi+1 {
			out[n-1].Hi = max(out[n-1].Hi, r.Hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

// Union is the set of what is in s or in t.
func (s Set) Union(t Set) Set { return Of(append(append(Set(nil), s...), t...)...) }

// Invert is the set of all code points that aren't in s.
func (s Set) Invert() Set {
	var out Set
	next := rune(0)
	for _, r := range s {
		if r.Lo > next {
			out = append(out, Range{next, r.Lo - 1})
		}
		next = r.Hi + 1
	}
	if next <= maxRune {
		out = append(out, Range{next, maxRune})
	}
	return out
}

// Intersect is the set of what is in both s and t.
func (s Set) Intersect(t Set) Set { return s.Invert().Union(t.Invert()).Invert() }

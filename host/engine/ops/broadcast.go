package ops

import "github.com/gomlx/compute/shapes"

// pairing says how entries of two operands meet: axes from the outermost in, those merged
// along which both go on alike, and of each how far an operand goes. An operand that is
// repeated along an axis goes 0 there; along the last one it goes 1 or 0.
type pairing struct {
	dims, a, b [maxAxes]int
	rank       int
}

// maxAxes is how many axes are left of what operations here work on.
const maxAxes = 8

// broadcast pairs the entries of two shapes. An axis of 1 is repeated as often as the
// other has it, a scalar everywhere.
func broadcast(a, b, out shapes.Shape) (p pairing, ok bool) {
	if out.IsDynamic() || out.Rank() > maxAxes || !covers(a, out) || !covers(b, out) {
		return p, false
	}
	aStride, bStride := 1, 1
	// From the last axis out; turned round in the end.
	for axis := out.Rank() - 1; axis >= 0; axis-- {
		n := out.Dimensions[axis]
		if n == 1 {
			continue
		}
		na, nb := dim(a, axis), dim(b, axis)
		sa, sb := 0, 0
		if na == n {
			sa = aStride
		}
		if nb == n {
			sb = bStride
		}
		aStride, bStride = aStride*na, bStride*nb
		if r := p.rank - 1; r >= 0 && sa == p.a[r]*p.dims[r] && sb == p.b[r]*p.dims[r] {
			p.dims[r] *= n
			continue
		}
		p.dims[p.rank], p.a[p.rank], p.b[p.rank] = n, sa, sb
		p.rank++
	}
	if p.rank == 0 {
		p.dims[0], p.a[0], p.b[0], p.rank = 1, 1, 1, 1
	}
	for i, j := 0, p.rank-1; i < j; i, j = i+1, j-1 {
		p.dims[i], p.dims[j] = p.dims[j], p.dims[i]
		p.a[i], p.a[j] = p.a[j], p.a[i]
		p.b[i], p.b[j] = p.b[j], p.b[i]
	}
	return p, true
}

// covers reports whether a shape can be repeated to another.
func covers(s, out shapes.Shape) bool {
	if s.IsDynamic() || s.Rank() != 0 && s.Rank() != out.Rank() {
		return false
	}
	for axis, n := range s.Dimensions {
		if n != 1 && n != out.Dimensions[axis] {
			return false
		}
	}
	return true
}

func dim(s shapes.Shape, axis int) int {
	if s.Rank() == 0 {
		return 1
	}
	return s.Dimensions[axis]
}

// each runs a loop over all pairs, a run along the last axis at a time. An operand that
// is repeated there is handed over as one entry.
func each[I, O any](p pairing, dst []O, a, b []I, loop func(dst []O, a, b []I)) {
	if len(dst) == 0 {
		return
	}
	last := p.rank - 1
	n := p.dims[last]
	lenA, lenB := run(n, p.a[last]), run(n, p.b[last])
	var at [maxAxes]int
	i, j := 0, 0
	for {
		loop(dst[:n], a[i:i+lenA], b[j:j+lenB])
		if dst = dst[n:]; len(dst) == 0 {
			return
		}
		for axis := last - 1; axis >= 0; axis-- {
			i, j = i+p.a[axis], j+p.b[axis]
			if at[axis]++; at[axis] < p.dims[axis] {
				break
			}
			at[axis] = 0
			i, j = i-p.a[axis]*p.dims[axis], j-p.b[axis]*p.dims[axis]
		}
	}
}

func run(n, stride int) int {
	if stride == 0 {
		return 1
	}
	return n
}

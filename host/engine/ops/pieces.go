package ops

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// slice executes one without strides: runs of the input's last axes, copied.
func slice(b *backend, n *node, in []*buffer, _ []bool) (*buffer, error) {
	x, ok := in[0].Flat.([]float32)
	shape := in[0].RawShape
	if !ok || n.Shape.IsDynamic() || shape.IsDynamic() || shape.Rank() > maxAxes || n.Shape.Size() == 0 {
		return nil, nil
	}
	data := dataOf[sliceData](n)
	for _, s := range data.strides {
		if s != 1 {
			return nil, nil
		}
	}
	out, err := getBuffer(b, n.Shape)
	if err != nil {
		return nil, err
	}
	y := out.Flat.([]float32)
	runs(shape, n.Shape.Dimensions, data.starts, func(at, inPart, n int) { copy(y[inPart:inPart+n], x[at:at+n]) })
	return out, nil
}

// pad executes one of zeros around the input, none between its entries.
func pad(b *backend, n *node, in []*buffer, _ []bool) (*buffer, error) {
	x, ok := in[0].Flat.([]float32)
	shape := in[0].RawShape
	data := dataOf[padData](n)
	if !ok || n.Shape.IsDynamic() || shape.IsDynamic() || shape.Rank() > maxAxes || len(x) == 0 ||
		in[1].Flat.([]float32)[0] != 0 || len(data.axesConfig) > shape.Rank() {
		return nil, nil
	}
	starts := make([]int, shape.Rank())
	for axis, c := range data.axesConfig {
		if c.Start < 0 || c.End < 0 || c.Interior != 0 {
			return nil, nil
		}
		starts[axis] = c.Start
	}
	out, err := getBuffer(b, n.Shape)
	if err != nil {
		return nil, err
	}
	y := out.Flat.([]float32)
	clear(y)
	runs(n.Shape, shape.Dimensions, starts, func(at, inPart, n int) { copy(y[at:at+n], x[inPart:inPart+n]) })
	return out, nil
}

// runs calls f for every run of a part of a shape, the part's sizes and first entry given
// by axis: where the run begins in the whole and in the part, and its length.
func runs(whole shapes.Shape, dims, starts []int, f func(at, inPart, n int)) {
	var strides, index [maxAxes]int
	at, s := 0, 1
	for axis := whole.Rank() - 1; axis >= 0; axis-- {
		strides[axis] = s
		at += s * starts[axis]
		s *= whole.Dimensions[axis]
	}
	// Axes that the part has whole are one run with the next.
	last, n := whole.Rank()-1, 1
	for ; last >= 0; last-- {
		n *= dims[last]
		if dims[last] != whole.Dimensions[last] {
			break
		}
	}
	for inPart := 0; ; inPart += n {
		f(at, inPart, n)
		axis := last - 1
		for ; axis >= 0; axis-- {
			at += strides[axis]
			if index[axis]++; index[axis] < dims[axis] {
				break
			}
			index[axis] = 0
			at -= strides[axis] * dims[axis]
		}
		if axis < 0 {
			return
		}
	}
}

// iota32 executes an Iota of 32-bit integers.
func iota32(b *backend, n *node, _ []*buffer, _ []bool) (*buffer, error) {
	axis, ok := n.Data.(int)
	if !ok || n.Shape.DType != dtypes.Int32 || n.Shape.IsDynamic() || n.Shape.Size() == 0 {
		return nil, nil
	}
	out, err := getBuffer(b, n.Shape)
	if err != nil {
		return nil, err
	}
	inner := 1
	for _, d := range n.Shape.Dimensions[axis+1:] {
		inner *= d
	}
	y := out.Flat.([]int32)
	first := y[:n.Shape.Dimensions[axis]*inner]
	for i := range first {
		first[i] = int32(i / inner)
	}
	for rest := y[len(first):]; len(rest) > 0; rest = rest[len(first):] {
		copy(rest, first)
	}
	return out, nil
}

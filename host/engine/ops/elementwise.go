package ops

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// unary executes an operation on every entry.
func unary(loop func(dst, x []float32)) kernel {
	return func(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error) {
		x, ok := in[0].Flat.([]float32)
		if !ok {
			return nil, nil
		}
		out, err := result(b, in[0].RawShape, in, owned)
		if err != nil {
			return nil, err
		}
		loop(out.Flat.([]float32), x)
		return out, nil
	}
}

func negate(dst, x []float32) { loops.mul(dst, x, []float32{-1}) }

// pairwise executes an operation on pairs of entries, of which either may be repeated along
// some axes.
func pairwise(loop func(dst, a, b []float32)) kernel {
	return func(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error) {
		x, ok := in[0].Flat.([]float32)
		if !ok {
			return nil, nil
		}
		plan, ok := broadcast(in[0].RawShape, in[1].RawShape, n.Shape)
		if !ok {
			return nil, nil
		}
		y := in[1].Flat.([]float32)
		out, err := result(b, n.Shape, in, owned)
		if err != nil {
			return nil, err
		}
		each(plan, out.Flat.([]float32), x, y, loop)
		return out, nil
	}
}

// comparison compares pairs of 32-bit integers.
func comparison(loop func(dst []bool, a, b []int32)) kernel {
	return func(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error) {
		x, ok := in[0].Flat.([]int32)
		if !ok {
			return nil, nil
		}
		plan, ok := broadcast(in[0].RawShape, in[1].RawShape, n.Shape)
		if !ok {
			return nil, nil
		}
		out, err := getBuffer(b, n.Shape)
		if err != nil {
			return nil, err
		}
		each(plan, out.Flat.([]bool), x, in[1].Flat.([]int32), loop)
		return out, nil
	}
}

func equal(dst []bool, a, b []int32) {
	if len(a) == 1 {
		a, b = b, a
	}
	if len(b) == 1 {
		c := b[0]
		for i, v := range a[:len(dst)] {
			dst[i] = v == c
		}
		return
	}
	b = b[:len(dst)]
	for i, v := range a[:len(dst)] {
		dst[i] = v == b[i]
	}
}

func lessOrEqual(dst []bool, a, b []int32) {
	switch {
	case len(b) == 1:
		c := b[0]
		for i, v := range a[:len(dst)] {
			dst[i] = v <= c
		}
	case len(a) == 1:
		c := a[0]
		for i, v := range b[:len(dst)] {
			dst[i] = c <= v
		}
	default:
		b = b[:len(dst)]
		for i, v := range a[:len(dst)] {
			dst[i] = v <= b[i]
		}
	}
}

// result is the last input of that shape that nobody else needs, or a new buffer.
func result(b *backend, shape shapes.Shape, in []*buffer, owned []bool) (*buffer, error) {
	for i := len(in) - 1; i >= 0; i-- {
		if owned[i] && in[i].RawShape.Equal(shape) {
			out := in[i]
			in[i] = nil
			return out, nil
		}
	}
	return getBuffer(b, shape)
}

// rowsOf views a shape as rows along its last axis.
func rowsOf(s shapes.Shape) (rows, width int) {
	if s.Rank() == 0 {
		return 1, 1
	}
	width = s.Dimensions[s.Rank()-1]
	if width == 0 {
		return 0, 0
	}
	return s.Size() / width, width
}

// float32s reports whether a shape is one of known size and of float32.
func float32s(s shapes.Shape) bool { return s.DType == dtypes.Float32 && !s.IsDynamic() }

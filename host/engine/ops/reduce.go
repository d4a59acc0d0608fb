package ops

import "github.com/gomlx/compute/shapes"

// reduce executes a reduction along axes that lie side by side: within one row, by the
// first loop, or of rows, by the second.
func reduce(inRow func(x []float32) float32, ofRows func(dst, x []float32)) kernel {
	return func(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error) {
		x, ok := in[0].Flat.([]float32)
		axes, isAxes := n.Data.([]int)
		if !ok || !isAxes || in[0].RawShape.IsDynamic() || len(x) == 0 {
			return nil, nil
		}
		outer, reduced, width, ok := sideBySide(in[0].RawShape, axes)
		if !ok {
			return nil, nil
		}
		out, err := getBuffer(b, n.Shape)
		if err != nil {
			return nil, err
		}
		y := out.Flat.([]float32)
		for i := range outer {
			part := x[i*reduced*width:][:reduced*width]
			if width == 1 {
				y[i] = inRow(part)
				continue
			}
			to := y[i*width:][:width]
			copy(to, part)
			for j := 1; j < reduced; j++ {
				ofRows(to, part[j*width:][:width])
			}
		}
		return out, nil
	}
}

// sideBySide views a shape as [outer, reduced, width]. No axes are all of them.
func sideBySide(s shapes.Shape, axes []int) (outer, reduced, width int, ok bool) {
	outer, reduced, width = 1, 1, 1
	if len(axes) == 0 {
		return 1, s.Size(), 1, true
	}
	var marked [maxAxes]bool
	if s.Rank() > maxAxes {
		return 0, 0, 0, false
	}
	for _, axis := range axes {
		marked[axis] = true
	}
	for axis, n := range s.Dimensions {
		switch {
		case n == 1:
		case marked[axis] && width == 1:
			reduced *= n
		case marked[axis]:
			return 0, 0, 0, false
		case reduced == 1:
			outer *= n
		default:
			width *= n
		}
	}
	return outer, reduced, width, true
}

func maxRow(dst, x []float32) {
	for i, v := range x {
		dst[i] = max(dst[i], v)
	}
}

func sumRow(dst, x []float32) { loops.add(dst, dst, x) }

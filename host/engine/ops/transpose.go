package ops

import "github.com/gomlx/compute/shapes"

// transpose executes a permutation of axes.
func transpose(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error) {
	x, ok := in[0].Flat.([]float32)
	permutation, isPermutation := n.Data.([]int)
	if !ok || !isPermutation || in[0].RawShape.IsDynamic() {
		return nil, nil
	}
	w, ok := newWalk(in[0].RawShape, permutation)
	if !ok {
		return nil, nil
	}
	out, err := getBuffer(b, n.Shape)
	if err != nil {
		return nil, err
	}
	w.copy(out.Flat.([]float32), x)
	return out, nil
}

// walk goes through the output of a transpose: its axes from the outermost in, those
// merged that stay side by side, and how many entries of the input a step along each is.
type walk struct {
	dims, stride [maxAxes]int
	rank         int
}

func newWalk(in shapes.Shape, permutation []int) (w walk, ok bool) {
	if in.Rank() > maxAxes || len(permutation) != in.Rank() {
		return w, false
	}
	var strides [maxAxes]int
	s := 1
	for axis := in.Rank() - 1; axis >= 0; axis-- {
		strides[axis] = s
		s *= in.Dimensions[axis]
	}
	for _, axis := range permutation {
		n := in.Dimensions[axis]
		if n == 1 {
			continue
		}
		if r := w.rank - 1; r >= 0 && w.stride[r] == n*strides[axis] {
			w.dims[r] *= n
			w.stride[r] = strides[axis]
			continue
		}
		w.dims[w.rank], w.stride[w.rank] = n, strides[axis]
		w.rank++
	}
	if w.rank == 0 {
		w.dims[0], w.stride[0], w.rank = 1, 1, 1
	}
	return w, true
}

func (w *walk) copy(dst, src []float32) {
	if len(dst) == 0 {
		return
	}
	last := w.rank - 1
	if w.stride[last] == 1 {
		n := w.dims[last]
		w.outer(last, -1, func(to, from int) { copy(dst[to:to+n], src[from:from+n]) })
		return
	}
	// The input's last axis lies elsewhere in the output: with the output's last one it
	// spans matrices that are transposed.
	across := 0
	for w.stride[across] != 1 {
		across++
	}
	below := 1
	for _, n := range w.dims[across+1 : w.rank] {
		below *= n
	}
	rows, cols, stride := w.dims[last], w.dims[across], w.stride[last]
	w.outer(last, across, func(to, from int) {
		turned(dst[to:], below, src[from:], stride, rows, cols)
	})
}

// outer calls f for every place along the axes but two: the entry of the output and of
// the input that lie there.
func (w *walk) outer(skipped, skippedToo int, f func(to, from int)) {
	var at, step [maxAxes]int
	s := 1
	for axis := w.rank - 1; axis >= 0; axis-- {
		step[axis] = s
		s *= w.dims[axis]
	}
	to, from := 0, 0
	for {
		f(to, from)
		axis := w.rank - 1
		for ; axis >= 0; axis-- {
			if axis == skipped || axis == skippedToo {
				continue
			}
			to, from = to+step[axis], from+w.stride[axis]
			if at[axis]++; at[axis] < w.dims[axis] {
				break
			}
			at[axis] = 0
			to, from = to-step[axis]*w.dims[axis], from-w.stride[axis]*w.dims[axis]
		}
		if axis < 0 {
			return
		}
	}
}

// turned writes rows x cols entries of src as columns of dst, blocks of 8 x 8 at a time.
func turned(dst []float32, dstStride int, src []float32, srcStride, rows, cols int) {
	row := 0
	for ; row+8 <= rows; row += 8 {
		col := 0
		for ; col+8 <= cols; col += 8 {
			loops.turn(dst[col*dstStride+row:], dstStride, src[row*srcStride+col:], srcStride)
		}
		for ; col < cols; col++ {
			for i := row; i < row+8; i++ {
				dst[col*dstStride+i] = src[i*srcStride+col]
			}
		}
	}
	for ; row < rows; row++ {
		for col, v := range src[row*srcStride:][:cols] {
			dst[col*dstStride+row] = v
		}
	}
}

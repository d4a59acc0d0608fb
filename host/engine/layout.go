package engine

import (
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// OnDisk arranges values that lie in a tensor's canonical layout, such as its
// sensitivity, as the checkpoint's tensor lies, and returns them with their shape
// there. The offset of a layout shifts weights, not their sensitivity: it is left
// out. Of a stacked tensor this is the one expert's part, without the leading axis.
// The result may be values itself.
func OnDisk(t arch.Tensor, values []float32) ([]float32, []int) {
	shape := slices.Clone(t.Shape)
	if t.Layout.Stacked {
		shape = shape[1:]
	}
	if heads := t.Layout.InterleavedHeads; heads != 0 {
		values = slices.Clone(values)
		interleave(heads, t.CanonicalShape()[0], values)
	}
	if t.Layout.Transposed {
		in, out := shape[0], shape[1]
		turned := make([]float32, len(values))
		transpose(turned, out, 0, values, in)
		values = turned
	}
	return values, shape
}

// transpose writes src, rows of the given length, into the columns of dst from first
// on; dst's rows have the given width.
func transpose(dst []float32, width, first int, src []float32, length int) {
	const block = 32 // square blocks: each cache line is used while it is there
	rows := len(src) / length
	for r0 := 0; r0 < rows; r0 += block {
		for c0 := 0; c0 < length; c0 += block {
			for c := c0; c < min(c0+block, length); c++ {
				line := dst[c*width+first : c*width+first+rows]
				for r := r0; r < min(r0+block, rows); r++ {
					line[r] = src[r*length+c]
				}
			}
		}
	}
}

// deinterleave undoes the order that GGUF files may have the rows of q and k in: within
// a head the rows of the first and second half alternate there, and follow one another
// here. It works in place.
func deinterleave(heads, rows int, values []float32) {
	permuteHeads(heads, rows, values, func(i, half, halfRows int) (to, from int) {
		return half*halfRows + i, 2*i + half
	})
}

// interleave is the inverse of deinterleave.
func interleave(heads, rows int, values []float32) {
	permuteHeads(heads, rows, values, func(i, half, halfRows int) (to, from int) {
		return 2*i + half, half*halfRows + i
	})
}

// permuteHeads moves the rows within each head: place says where the i-th row of a
// half goes to, and where it comes from.
func permuteHeads(heads, rows int, values []float32, place func(i, half, halfRows int) (to, from int)) {
	size, width := len(values)/heads, len(values)/rows
	old := make([]float32, size)
	for h := range heads {
		head := values[h*size : (h+1)*size]
		copy(old, head)
		for half := range 2 {
			for i := range rows / heads / 2 {
				to, from := place(i, half, rows/heads/2)
				copy(head[to*width:(to+1)*width], old[from*width:(from+1)*width])
			}
		}
	}
}

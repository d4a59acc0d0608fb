package peft

import (
	"context"
	"fmt"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// canonical reads a tensor, or one expert's part, in the layout of HuggingFace's linear
// maps, embeddings and vectors.
func canonical(ctx context.Context, model *checkpoint.Checkpoint, t arch.Tensor) ([]float32, error) {
	shape := t.CanonicalShape()
	values := make([]float32, checkpoint.Entries(shape))
	var err error
	if t.Layout.Stacked {
		err = model.ReadFloat32Rows(ctx, t.Name, t.Layout.Index, 1, values)
	} else {
		err = model.ReadFloat32(ctx, t.Name, values)
	}
	if err != nil {
		return nil, err
	}
	if i := notFinite(values); i >= 0 {
		return nil, fmt.Errorf("%s: tensor %q: found %v at entry %d, expected a finite number", model.File(t.Name), t.Name, values[i], i)
	}
	if t.Layout.Transposed {
		values = turned(values, shape[1], shape[0])
	}
	if heads := t.Layout.InterleavedHeads; heads != 0 {
		values = deinterleaved(values, heads, shape[0])
	}
	if t.Layout.Offset != 0 {
		for i := range values {
			values[i] -= float32(t.Layout.Offset)
		}
	}
	return values, nil
}

// deinterleaved undoes interleaved, of a matrix or of a vector.
func deinterleaved(m []float32, heads, rows int) []float32 {
	width, size := len(m)/rows, rows/heads
	out := make([]float32, len(m))
	for h := range heads {
		for i := range size / 2 {
			for half := range 2 {
				from, to := h*size+2*i+half, h*size+half*size/2+i
				copy(out[to*width:(to+1)*width], m[from*width:(from+1)*width])
			}
		}
	}
	return out
}

package engine

import (
	"context"
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// readTensor reads a tensor in its canonical layout. dst has exactly its number of
// entries.
func (e *Engine) readTensor(ctx context.Context, t arch.Tensor, dst []float32) error {
	defer e.loading()()
	if err := e.readDisk(ctx, t, dst); err != nil {
		return err
	}
	if heads := t.Layout.InterleavedHeads; heads != 0 {
		deinterleave(heads, t.CanonicalShape()[0], dst)
	}
	if t.Layout.Offset != 0 {
		for i := range dst {
			dst[i] -= float32(t.Layout.Offset)
		}
	}
	return nil
}

// transposeEntries is how much of a transposed matrix is read at a time.
const transposeEntries = 1 << 20

// readDisk reads a tensor, an expert's part of a stacked one, and turns a transposed
// matrix round, but leaves rows and values as they lie.
func (e *Engine) readDisk(ctx context.Context, t arch.Tensor, dst []float32) error {
	shape := t.Shape
	if t.Layout.Stacked {
		shape = shape[1:]
	}
	if elements(shape) != len(dst) {
		return fmt.Errorf("%s: tensor %q has shape %v, %d entries were expected", e.ck.File(t.Name), t.Name, t.Shape, len(dst))
	}
	switch {
	case !t.Layout.Transposed && !t.Layout.Stacked:
		if err := e.ck.ReadFloat32(ctx, t.Name, dst); err != nil {
			return err
		}
		return e.finiteWeights(t, 0, dst)
	case !t.Layout.Transposed:
		return e.readRows(ctx, t, t.Layout.Index, 1, dst)
	}
	in, out := shape[0], shape[1]
	if t.Layout.Stacked {
		part := make([]float32, in*out)
		if err := e.readRows(ctx, t, t.Layout.Index, 1, part); err != nil {
			return err
		}
		transpose(dst, in, 0, part, out)
		return nil
	}
	step := min(max(transposeEntries/out, 1), in)
	part := make([]float32, step*out)
	for first := 0; first < in; first += step {
		rows := part[:min(step, in-first)*out]
		if err := e.readRows(ctx, t, first, len(rows)/out, rows); err != nil {
			return err
		}
		transpose(dst, in, first, rows, out)
	}
	return nil
}

// readRows reads n entries of the outermost axis as they lie on disk.
func (e *Engine) readRows(ctx context.Context, t arch.Tensor, first, n int, dst []float32) error {
	if err := e.ck.ReadFloat32Rows(ctx, t.Name, first, n, dst); err != nil {
		return err
	}
	return e.finiteWeights(t, first*(len(dst)/max(n, 1)), dst)
}

// finiteWeights refuses a NaN or an infinity. first is the place of values in the
// whole tensor.
func (e *Engine) finiteWeights(t arch.Tensor, first int, values []float32) error {
	for i, v := range values {
		if v-v != 0 {
			return fmt.Errorf("%s: tensor %q: %v at %v, expected a finite number", e.ck.File(t.Name), t.Name, v, at(t.Shape, first+i))
		}
	}
	return nil
}

// at turns a place in row-major order into an index of every axis.
func at(shape []int, place int) []int {
	index := make([]int, len(shape))
	for axis := len(shape) - 1; axis >= 0; axis-- {
		index[axis] = place % shape[axis]
		place /= shape[axis]
	}
	return index
}

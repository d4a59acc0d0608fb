package peft

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Weigh adds to every change the norm of the weight that it is of, as the model has it.
// Weights are read a few MiB at a time. progress hears of the tensors done, of so many.
func (r *Report) Weigh(ctx context.Context, model *checkpoint.Checkpoint, a *arch.Architecture, progress func(done, total int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		group.Go(func() {
			for i := range next {
				c := &r.Modules[i]
				norm, err := weightNorm(ctx, model, a.Module(c.Path).Weight)
				if err != nil {
					cancel(err)
					continue
				}
				c.WeightNorm = norm
				if c.Relative = 0; norm > 0 {
					c.Relative = c.Norm / norm
				}
			}
		})
	}
	for i := range r.Modules {
		select {
		case next <- i:
		case <-ctx.Done():
		}
		if progress != nil {
			progress(i+1, len(r.Modules))
		}
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

// weightNorm is a tensor's Frobenius norm, or that of one expert's part.
func weightNorm(ctx context.Context, model *checkpoint.Checkpoint, t arch.Tensor) (float64, error) {
	rows, width := t.Shape[0], checkpoint.Entries(t.Shape[1:])
	first := 0
	if t.Layout.Stacked {
		// The parts of an expert's matrix are rows only to the whole tensor: read it at once.
		first, rows = t.Layout.Index, 1
	}
	step := min(max(1, tileEntries/width), rows)
	values, sum := make([]float32, step*width), 0.0
	for done := 0; done < rows; done += step {
		n := min(step, rows-done)
		if err := model.ReadFloat32Rows(ctx, t.Name, first+done, n, values[:n*width]); err != nil {
			return 0, err
		}
		for _, v := range values[:n*width] {
			sum += float64(v) * float64(v)
		}
	}
	return math.Sqrt(sum), nil
}

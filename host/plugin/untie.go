package plugin

import (
	"context"
	"slices"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// compared is how many entries of two tensors are held at once.
const compared = 1 << 18

// untie looks at the weights that a configuration ties and a checkpoint holds twice:
// where the two differ, each module keeps its own, as in transformers.
func untie(ctx context.Context, ck *checkpoint.Checkpoint, a *arch.Architecture) error {
	for _, m := range a.Modules {
		if m.Copy == nil {
			continue
		}
		same, err := equal(ctx, ck, m)
		if err != nil {
			return err
		}
		if !same {
			a.Untie(m)
		}
	}
	return nil
}

// equal reports whether a tied module's copy holds the numbers of the shared weight.
func equal(ctx context.Context, ck *checkpoint.Checkpoint, m *arch.Module) (bool, error) {
	if m.Weight.Layout != m.Copy.Layout || !slices.Equal(m.Weight.Shape, m.Copy.Shape) {
		return false, nil
	}
	rows, width := m.Weight.Shape[0], m.Weight.Shape[1]
	step := max(1, compared/width)
	one, other := make([]float32, step*width), make([]float32, step*width)
	for first := 0; first < rows; first += step {
		n := min(step, rows-first)
		x, y := one[:n*width], other[:n*width]
		if err := ck.ReadFloat32Rows(ctx, m.Weight.Name, first, n, x); err != nil {
			return false, err
		}
		if err := ck.ReadFloat32Rows(ctx, m.Copy.Name, first, n, y); err != nil {
			return false, err
		}
		if !slices.Equal(x, y) {
			return false, nil
		}
	}
	return true, nil
}

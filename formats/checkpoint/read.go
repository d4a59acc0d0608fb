package checkpoint

import (
	"context"
	"fmt"
	"time"
)

// slab is how many entries are read between two looks at the context.
const slab = 1 << 22

// ReadFloat32 decodes a whole tensor, row-major as it lies on disk. dst has exactly
// its number of entries.
func (c *Checkpoint) ReadFloat32(ctx context.Context, name string, dst []float32) error {
	h, ok := c.held[name]
	if !ok {
		return c.missing(name)
	}
	if n := Entries(h.tensor.Shape); n != len(dst) {
		return fmt.Errorf("%s: tensor %q: shape %v has %d entries, %d were asked for", h.source.Path(), name, h.tensor.Shape, n, len(dst))
	}
	return h.read(ctx, 0, dst)
}

// ReadFloat32Rows decodes n entries of the outermost axis from first on. dst has
// exactly their number of entries.
func (c *Checkpoint) ReadFloat32Rows(ctx context.Context, name string, first, n int, dst []float32) error {
	h, ok := c.held[name]
	if !ok {
		return c.missing(name)
	}
	shape := h.tensor.Shape
	if len(shape) == 0 || first < 0 || n < 0 || first > shape[0] || n > shape[0]-first {
		return fmt.Errorf("%s: tensor %q: rows %d to %d were asked for, its shape is %v", h.source.Path(), name, first, first+n, shape)
	}
	width := Entries(shape[1:])
	if len(dst) != n*width {
		return fmt.Errorf("%s: tensor %q: %d rows have %d entries, %d were asked for", h.source.Path(), name, n, n*width, len(dst))
	}
	return h.read(ctx, first*width, dst)
}

func (h holding) read(ctx context.Context, first int, dst []float32) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := dst[:min(len(dst), slab)]
		if err := h.source.ReadFloat32(h.tensor.Name, first, part); err != nil {
			return err
		}
		first, dst = first+len(part), dst[len(part):]
		if len(dst) == 0 {
			return nil
		}
	}
}

// Foresee says that tensors will be read soon, so that the disk need not wait for who
// computes with the ones before.
func (c *Checkpoint) Foresee(names ...string) {
	for _, name := range names {
		if h, ok := c.held[name]; ok {
			h.source.Foresee(name)
		}
	}
}

// Waited is how long reads of tensors have waited for their files, added up over all
// who read: the rest of the time that a read takes is decoding.
func (c *Checkpoint) Waited() time.Duration {
	var sum time.Duration
	for _, s := range c.sources {
		sum += s.Waited()
	}
	return sum
}

func (c *Checkpoint) missing(name string) error {
	return fmt.Errorf("%s: has no tensor %q", c.path, name)
}

// Entries is how many entries a shape has. That of an open file's tensor doesn't overflow.
func Entries(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

package engine

import (
	"context"

	"github.com/gomlx/compute"
)

// chunk is some rows of the unembedding, on the host and on the device.
type chunk struct {
	first, n int
	u        []float32
	params   []compute.Buffer // u and, where there is one, its bias
}

// chunks reads the unembedding chunk after chunk.
func (h *headRun) chunks(ctx context.Context, fn func(c chunk) error) error {
	bias, err := h.unembedBias(ctx)
	if err != nil {
		return err
	}
	m, err := h.open(ctx, h.last.owner)
	if err != nil {
		return err
	}
	return h.chunksOf(ctx, m, bias, h.chunk, fn)
}

// chunksOf cuts the unembedding into chunks of some size, and uploads one at a time.
func (e *Engine) chunksOf(ctx context.Context, m *matrix, bias []float32, size int, fn func(c chunk) error) error {
	vocab := int(e.last.unembed.Out)
	for first := 0; first < vocab; first += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := e.chunkOf(ctx, m, bias, first, min(size, vocab-first))
		if err != nil {
			return err
		}
		err = fn(c)
		free(c.params...)
		if err != nil {
			return err
		}
	}
	return nil
}

// chunkOf uploads n rows of the unembedding.
func (e *Engine) chunkOf(ctx context.Context, m *matrix, bias []float32, first, n int) (chunk, error) {
	c := chunk{first: first, n: n}
	u, err := e.dev.fill(func(dst []float32) error {
		c.u = dst
		return m.rows(ctx, first, n, dst)
	}, n, int(e.last.unembed.In))
	if err != nil {
		return c, err
	}
	c.params = []compute.Buffer{u}
	if f := e.factors(e.last.module); f != nil {
		merged, err := e.adaptChunk(c, f)
		free(u)
		if err != nil {
			return c, err
		}
		c.params[0] = merged
	}
	if bias != nil {
		b, err := upload(e.dev, bias[first:first+n], n)
		if err != nil {
			free(c.params...)
			return c, err
		}
		c.params = append(c.params, b)
	}
	return c, nil
}

// unembedBias reads the unembedding's bias; nil: it has none.
func (e *Engine) unembedBias(ctx context.Context) ([]float32, error) {
	if !e.last.unembed.Module.Bias {
		return nil, nil
	}
	bias := make([]float32, e.last.unembed.Out)
	return bias, e.readParam(ctx, e.last.module, param{paramKey: paramKey{bias: true}}, bias)
}

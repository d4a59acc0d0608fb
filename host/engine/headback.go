package engine

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// looked is the gradient of the n rows from first on that a seed looked up.
type looked func(seed, first, n int) (rowGradients, error)

// vocabularySum is W and S of an unembedding, whole, as the visitor sees them.
type vocabularySum struct {
	w, s         []float32
	bias, biasS  []float32
	module       *arch.Module
	vocab, width int
}

func (h *headRun) newSum(ctx context.Context) (*vocabularySum, error) {
	v := &vocabularySum{module: h.last.owner, vocab: int(h.last.unembed.Out), width: int(h.last.unembed.In)}
	v.w, v.s = make([]float32, v.vocab*v.width), make([]float32, v.vocab*v.width)
	var err error
	v.bias, err = h.bias(ctx)
	v.biasS = make([]float32, len(v.bias))
	return v, err
}

// group is what the visitor sees. The bias is the unembedding's own, tied or not.
func (v *vocabularySum) group(unembed *arch.Module) Group {
	g := Group{Layer: arch.Outside, Tensors: []Tensor{{
		Module: v.module, Name: v.module.Weight.Name, Shape: []int{v.vocab, v.width}, W: v.w, S: v.s,
	}}}
	if v.bias != nil {
		g.Tensors = append(g.Tensors, Tensor{
			Module: unembed, Bias: true, Name: unembed.Bias.Name, Shape: []int{v.vocab}, W: v.bias, S: v.biasS,
		})
	}
	return g
}

// backward goes back through the unembedding. It leaves dL/dh in the dh region
// when parts has dh, and adds to sum when parts has dW; embedded gives
// the gradient of the looked-up rows of a tied weight.
func (h *headRun) backward(ctx context.Context, parts headParts, dh region, sum *vocabularySum, embedded looked) error {
	return h.chunks(ctx, func(c chunk) error {
		for first := 0; first < len(h.rows); {
			count := len(h.rows) - first
			if parts.dW {
				count = h.group(first, c.n)
			}
			outputs := make([][]compute.Buffer, count)
			err := parallel(ctx, h.dev.seeds(), count, func(i int) error {
				var err error
				outputs[i], err = h.gradient(c, first+i, parts, dh)
				h.progress("head", arch.Outside, first+i, parts.passes()*h.last.work(h.rows[first+i])*float64(c.n)/float64(h.last.unembed.Out))
				return err
			})
			if err == nil && parts.dW {
				err = h.add(ctx, c, first, outputs, sum, embedded)
			}
			for _, out := range outputs {
				free(out...)
			}
			if err != nil {
				return err
			}
			first += count
		}
		return nil
	})
}

// group is how many of the next seeds' logit gradients pendingBytes holds.
func (h *headRun) group(first, chunk int) int {
	count, bytes := 0, 0
	for _, n := range h.rows[first:] {
		bytes += 4 * chunk * h.dev.pad(n)
		if count >= h.dev.seeds() && bytes > pendingBytes {
			break
		}
		count++
	}
	return count
}

// gradient runs one chunk back for one seed. It returns what dW is formed from.
func (h *headRun) gradient(c chunk, seed int, parts headParts, dh region) ([]compute.Buffer, error) {
	rows, width := h.dev.pad(h.rows[seed]), int(h.last.unembed.In)
	x, err := h.dev.headGradientGraph(h.last, rows, c.n, parts)
	if err != nil {
		return nil, err
	}
	share := make([]float32, h.rows[seed])
	for i := range share {
		share[i] = 1 / float32(len(share))
	}
	var in inputs
	defer in.free()
	in.add(h.dev.fill(func(dst []float32) error { return h.h.read(seed, dst) }, rows, width))
	in.borrow(c.params...)
	in.add(upload(h.dev, h.relative(seed, c.first, rows), rows))
	in.add(upload(h.dev, padded(h.lse[seed], rows, 0), rows))
	in.add(upload(h.dev, padded(share, rows, 0), rows))
	if parts.dh {
		in.add(h.dev.fill(func(dst []float32) error {
			if c.first == 0 {
				clear(dst)
				return nil
			}
			return dh.read(seed, dst)
		}, rows, width))
	}
	out, err := in.run(h.dev, x)
	if err != nil || !parts.dh {
		return out, err
	}
	values, err := h.dev.read(out[0])
	if err == nil {
		err = finite(values[:dh.sizes[seed]], width)
		if err != nil {
			err = h.seedError(seed, err)
		}
	}
	if err == nil {
		err = dh.write(seed, values)
	}
	free(out[0])
	return out[1:], err
}

// add adds some seeds' gradients of a chunk to S, in their order.
func (h *headRun) add(ctx context.Context, c chunk, first int, outputs [][]compute.Buffer, sum *vocabularySum, embedded looked) error {
	width := sum.width
	from, to := c.first*width, (c.first+c.n)*width
	copy(sum.w[from:to], c.u)
	m := matrixSum{w: sum.w[from:to], s: sum.s[from:to], out: c.n, in: width}
	defer func() {
		for _, s := range m.seeds {
			free(s.x)
		}
	}()
	for i, out := range outputs {
		seed := first + i
		dzT, err := h.dev.read(out[0])
		if err != nil {
			return err
		}
		rows := h.dev.pad(h.rows[seed])
		x, err := h.dev.fill(func(dst []float32) error { return h.h.read(seed, dst) }, rows, width)
		if err != nil {
			return err
		}
		part := contribution{dyT: dzT, x: x, tokens: rows}
		if embedded != nil {
			if part.rows, err = embedded(seed, c.first, c.n); err != nil {
				return err
			}
		}
		m.seeds = append(m.seeds, part)
		if sum.bias != nil {
			g, err := h.dev.read(out[1])
			if err != nil {
				return err
			}
			addAbs(sum.biasS[c.first:c.first+c.n], sum.bias[c.first:c.first+c.n], g)
		}
	}
	return h.dev.accumulate(ctx, []matrixSum{m})
}

// spread puts the gradients of the head's rows back at their tokens, zeros elsewhere.
func (h *headRun) spread(dx, gradient region) error {
	width := h.arch.Hidden
	for seed, at := range h.at {
		rows := make([]float32, len(at)*width)
		if err := dx.read(seed, rows); err != nil {
			return err
		}
		all := make([]float32, h.lengths[seed]*width)
		for i, t := range at {
			copy(all[t*width:(t+1)*width], rows[i*width:])
		}
		if err := gradient.write(seed, all); err != nil {
			return err
		}
	}
	return nil
}

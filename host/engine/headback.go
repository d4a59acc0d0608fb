package engine

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/host/engine/fused"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// looked is the gradient of the n rows from first on that a seed looked up.
type looked func(seed, first, n int) ([]fused.Row, error)

// vocabularySum is W and S of an unembedding, whole, as the visitor sees them.
type vocabularySum struct {
	w, s         []float32
	bias, biasS  []float32
	module       *arch.Module
	vocab, width int
}

func (h *headRun) newSum(ctx context.Context) (*vocabularySum, error) {
	v := &vocabularySum{module: h.last.owner, vocab: int(h.last.unembed.Out), width: int(h.last.unembed.In)}
	expect(8 * v.vocab * v.width)
	v.w, v.s = make([]float32, v.vocab*v.width), make([]float32, v.vocab*v.width)
	var err error
	v.bias, err = h.unembedBias(ctx)
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
		for batches := h.packed; len(batches) > 0; {
			group := batches
			if parts.dW {
				group = batches[:h.dev.together(batches, c.n)]
			}
			batches = batches[len(group):]
			dz := make([]compute.Buffer, len(group))
			err := parallel(ctx, h.dev.batchesAtOnce(), len(group), func(i int) error {
				var err error
				dz[i], err = h.gradient(c, group[i], parts, dh)
				h.tell(c, group[i], parts.passes())
				return err
			})
			if err == nil && parts.dW {
				err = h.add(ctx, c, group, dz, sum, embedded)
			}
			free(dz...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// gradient runs one batch back through one chunk. With parts.dW it returns the
// gradient of the logits.
func (h *headRun) gradient(c chunk, b batch, parts headParts, dh region) (compute.Buffer, error) {
	width := int(h.last.unembed.In)
	x, err := h.dev.headGradientGraph(h.last, b.rows, c.n, parts)
	if err != nil {
		return nil, err
	}
	share := make([]float32, b.rows)
	for _, p := range b.parts {
		weight := 1 / float32(p.n)
		if h.weight != 0 {
			weight = float32(h.weight)
		}
		for i := range p.n {
			share[p.first+i] = weight
		}
	}
	in := h.inputs(c, b)
	defer in.free()
	in.add(upload(h.dev, h.relative(b, c.first), b.rows))
	in.add(upload(h.dev, gather(b, h.lse), b.rows))
	in.add(upload(h.dev, share, b.rows))
	if parts.dh {
		in.add(h.dev.fill(func(dst []float32) error {
			if c.first == 0 {
				clear(dst)
				return nil
			}
			return b.read(dh, width, dst)
		}, b.rows, width))
	}
	out, err := in.run(h.dev, x)
	if err != nil {
		return nil, err
	}
	if parts.dh {
		values, err := h.dev.read(out[0])
		if err == nil {
			err = b.write(dh, width, values)
		}
		free(out[0])
		out = out[1:]
		if err != nil {
			free(out...)
			return nil, err
		}
	}
	if !parts.dW {
		return nil, nil
	}
	return out[0], nil
}

// add adds some batches' gradients of a chunk to S, seed after seed.
func (h *headRun) add(ctx context.Context, c chunk, batches []batch, dz []compute.Buffer, sum *vocabularySum, embedded looked) error {
	width := sum.width
	from, to := c.first*width, (c.first+c.n)*width
	copy(sum.w[from:to], c.u)
	m := fused.Sum{W: fused.Float32(c.u), S: sum.s[from:to], Out: c.n, In: width}
	for i, b := range batches {
		for _, p := range b.parts {
			part := fused.Seed{Tokens: p.n, X: fused.Rows{Values: make([]float32, p.n*width), Stride: width}}
			if err := h.h.read(p.seed, part.X.Values); err != nil {
				return err
			}
			var err error
			if part.DY, err = h.dev.rowsOf(dz[i], p, c.n); err != nil {
				return err
			}
			if embedded != nil {
				if part.Plus, err = embedded(p.seed, c.first, c.n); err != nil {
					return err
				}
			}
			if sum.bias != nil {
				addAbs(sum.biasS[c.first:c.first+c.n], sum.bias[c.first:c.first+c.n], sumRows(part.DY.Values, c.n))
			}
			m.Seeds = append(m.Seeds, part)
		}
	}
	return h.dev.accumulate(ctx, []fused.Sum{m})
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

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
			dzT := make([]compute.Buffer, len(group))
			err := parallel(ctx, h.dev.batchesAtOnce(), len(group), func(i int) error {
				var err error
				dzT[i], err = h.gradient(c, group[i], parts, dh)
				h.tell(c, group[i], parts.passes())
				return err
			})
			if err == nil && parts.dW {
				err = h.add(ctx, c, group, dzT, sum, embedded)
			}
			free(dzT...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// gradient runs one batch back through one chunk. With parts.dW it returns the
// transposed gradient of the logits.
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
func (h *headRun) add(ctx context.Context, c chunk, batches []batch, dzT []compute.Buffer, sum *vocabularySum, embedded looked) error {
	width := sum.width
	from, to := c.first*width, (c.first+c.n)*width
	copy(sum.w[from:to], c.u)
	m := matrixSum{w: sum.w[from:to], s: sum.s[from:to], out: c.n, in: width}
	defer func() {
		for _, s := range m.seeds {
			free(s.x)
		}
	}()
	for i, b := range batches {
		values, err := h.dev.read(dzT[i])
		if err != nil {
			return err
		}
		for _, p := range b.parts {
			part := contribution{dyT: values, n: p.n, first: p.first, stride: b.rows, tokens: aloneRows(p)}
			part.x, err = h.dev.fill(func(dst []float32) error { return h.h.read(p.seed, dst) }, part.tokens, width)
			if err != nil {
				return err
			}
			m.seeds = append(m.seeds, part)
			if embedded != nil {
				if m.seeds[len(m.seeds)-1].rows, err = embedded(p.seed, c.first, c.n); err != nil {
					return err
				}
			}
			if sum.bias != nil {
				addAbs(sum.biasS[c.first:c.first+c.n], sum.bias[c.first:c.first+c.n], part.rowSums(c.n))
			}
		}
	}
	return h.dev.accumulate(ctx, []matrixSum{m})
}

// rowSums adds up the seed's columns of each row of dyT.
func (c contribution) rowSums(rows int) []float32 {
	sums := make([]float32, rows)
	for i := range sums {
		var sum float64
		for _, v := range c.dyT[i*c.stride+c.first:][:c.n] {
			sum += float64(v)
		}
		sums[i] = float32(sum)
	}
	return sums
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

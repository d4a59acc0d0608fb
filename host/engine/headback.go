package engine

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/host/engine/fused"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// vocabularySum is S of an unembedding, whole, as the visitor sees it.
type vocabularySum struct {
	s            []float32
	bias, biasS  []float32
	vocab, width int
	apart        *apart // nil: the weight is the unembedding's alone
}

func (h *headRun) newSum(ctx context.Context) (*vocabularySum, error) {
	v := &vocabularySum{vocab: int(h.last.unembed.Out), width: int(h.last.unembed.In)}
	expect(4 * v.vocab * v.width)
	v.s = make([]float32, v.vocab*v.width)
	var err error
	v.bias, err = h.unembedBias(ctx)
	v.biasS = make([]float32, len(v.bias))
	return v, err
}

// groupOf is what the visitor sees. The bias is the unembedding's own, tied or not.
func (h *headRun) groupOf(ctx context.Context, v *vocabularySum) Group {
	unembed, owner := h.last.module, h.last.owner
	g := Group{Layer: arch.Outside, Tensors: []Tensor{h.outside(ctx, owner, v.s)}}
	if v.bias != nil {
		g.Tensors = append(g.Tensors, Tensor{
			Module: unembed, Bias: true, Name: unembed.Bias.Name, Shape: []int{v.vocab}, S: v.biasS, W: lent(v.bias),
		})
	}
	return g
}

// outside is an embedding or an unembedding with its S, whose weight is read for who
// wants it.
func (r *run) outside(ctx context.Context, m *arch.Module, s []float32) Tensor {
	return Tensor{Module: m, Name: m.Weight.Name, Shape: []int{m.Out, m.In}, S: s, W: func() ([]float32, error) {
		w := make([]float32, m.Out*m.In)
		return w, r.readParam(ctx, m, param{}, w)
	}}
}

// backwardUnembed goes back through the unembedding to dh, and hands its S on, or sets it
// aside where the embedding has a part in it.
func (h *headRun) backwardUnembed(ctx context.Context, dh region, visit func(Group) error) error {
	sum, err := h.newSum(ctx)
	if err != nil {
		return err
	}
	tied := h.tiedLookup()
	if tied >= 0 {
		sum.apart = h.newApart(h.lookups[tied])
	}
	if err := h.backward(ctx, dh, sum); err != nil {
		return err
	}
	if tied >= 0 {
		err = h.setAside(sum)
	} else {
		err = visit(h.groupOf(ctx, sum))
	}
	sum = nil
	release()
	return err
}

// backward goes back through the unembedding. It leaves dL/dh in the dh region, and adds to
// sum when there is one.
func (h *headRun) backward(ctx context.Context, dh region, sum *vocabularySum) error {
	return h.chunks(ctx, func(c chunk) error {
		for batches := h.packed; len(batches) > 0; {
			group := batches
			if sum != nil {
				group = batches[:h.dev.together(batches, c.n)]
			}
			batches = batches[len(group):]
			dz := make([]compute.Buffer, len(group))
			err := parallel(ctx, h.dev.batchesAtOnce(), len(group), func(i int) error {
				var err error
				dz[i], err = h.gradient(c, group[i], dh, sum != nil)
				h.tell(c, group[i], headPasses(sum != nil))
				return err
			})
			if err == nil && sum != nil {
				err = h.add(ctx, c, group, dz, sum)
			}
			free(dz...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// gradient runs one batch back through one chunk. With dW it returns the gradient of the
// logits.
func (h *headRun) gradient(c chunk, b batch, dh region, dW bool) (compute.Buffer, error) {
	width := int(h.last.unembed.In)
	x, err := h.dev.headGradientGraph(h.last, b.rows, c.n, dW)
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
	in.add(h.dev.fill(func(dst []float32) error {
		if c.first == 0 {
			clear(dst)
			return nil
		}
		return b.read(dh, width, dst)
	}, b.rows, width))
	out, err := in.run(h.dev, x)
	if err != nil {
		return nil, err
	}
	values, err := h.dev.read(out[0])
	if err == nil {
		err = b.write(dh, width, values)
	}
	free(out[0])
	switch {
	case err != nil:
		free(out[1:]...)
		return nil, err
	case !dW:
		return nil, nil
	}
	return out[1], nil
}

// add adds some batches' gradients of a chunk to S, seed after seed.
func (h *headRun) add(ctx context.Context, c chunk, batches []batch, dz []compute.Buffer, sum *vocabularySum) error {
	width := sum.width
	m := fused.Sum{W: fused.Float32(c.u), S: sum.s[c.first*width : (c.first+c.n)*width], Out: c.n, In: width}
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
			part.Apart = sum.apart.room(p.seed, c)
			if sum.bias != nil {
				addAbs(sum.biasS[c.first:c.first+c.n], sum.bias[c.first:c.first+c.n], sumRows(part.DY.Values, c.n))
			}
			m.Seeds = append(m.Seeds, part)
		}
	}
	if err := h.dev.accumulate(ctx, []fused.Sum{m}); err != nil {
		return err
	}
	i := 0
	for _, b := range batches {
		for _, p := range b.parts {
			if err := sum.apart.keep(p.seed, c, m.Seeds[i].Apart); err != nil {
				return err
			}
			i++
		}
	}
	return nil
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

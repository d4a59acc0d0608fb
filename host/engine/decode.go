package engine

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
)

// decoding is what the layers share at one step: a row for each slot.
type decoding struct {
	*generation
	seqs      []*sequence
	positions compute.Buffer                // of each slot's token; -1: the slot rests
	tables    map[*program][]compute.Buffer // of the Rope steps of a layer's program
}

// decode runs the last token of each of some sequences through the model, and gives
// each its next.
func (g *generation) decode(ctx context.Context, seqs []*sequence) error {
	d := &decoding{generation: g, seqs: seqs, tables: make(map[*program][]compute.Buffer)}
	defer d.free()
	h, err := d.enter(ctx)
	if err != nil {
		return err
	}
	for l := range g.layers() {
		if err := ctx.Err(); err != nil {
			free(h)
			return err
		}
		next, err := d.layer(ctx, l, h)
		free(h)
		if err != nil {
			return fmt.Errorf("layer %d: %w", l, err)
		}
		h = next
	}
	logits, err := g.logits(ctx, h)
	if err != nil {
		return err
	}
	return g.choose(seqs, logits, func(i int) int { return seqs[i].slot })
}

// enter looks the tokens up and runs the prologue.
func (d *decoding) enter(ctx context.Context) (compute.Buffer, error) {
	at := make([]int32, d.caches.slots)
	for i := range at {
		at[i] = -1
	}
	for _, s := range d.seqs {
		at[s.slot] = int32(len(s.tokens) - 1)
	}
	var err error
	if d.positions, err = upload(d.dev, at, len(at)); err != nil {
		return nil, err
	}
	in := new(inputs)
	for i, l := range d.lookups {
		width := int(l.embed.Width)
		in.add(d.dev.fill(func(dst []float32) error {
			clear(dst)
			for _, s := range d.seqs {
				row := l.index(Sample{Tokens: s.tokens}, len(s.tokens)-1)
				to := dst[s.slot*width : (s.slot+1)*width]
				if err := d.weights.lookups[i].rows(ctx, row, 1, to); err != nil {
					return err
				}
				if f := d.factors(l.module); f != nil {
					f.addRow(row, to)
				}
			}
			return nil
		}, len(at), width))
	}
	if in.err != nil {
		in.free()
		return nil, in.err
	}
	if d.weights.prologue == nil {
		return in.all[0], nil
	}
	defer in.free()
	return d.through(d.weights.prologue, in.all...)
}

// layer runs the rows through a layer and keeps their keys and values.
func (d *decoding) layer(ctx context.Context, l int, h compute.Buffer) (compute.Buffer, error) {
	w, err := d.weights.layer(ctx, l)
	if err != nil {
		return nil, err
	}
	x, err := d.dev.decodeGraph(w.program, d.caches.slots, d.caches.capacity)
	if err != nil {
		return nil, err
	}
	tables, err := d.rotated(w.program)
	if err != nil {
		return nil, err
	}
	in := new(inputs)
	in.borrow(h)
	in.borrow(tables...)
	in.borrow(w.given()...)
	if len(w.program.attentions) > 0 {
		in.borrow(d.positions)
		in.borrow(d.caches.buffers(l)...)
	}
	out, err := in.run(d.dev, x)
	if err != nil {
		return nil, err
	}
	defer free(out[1:]...)
	for i, k := range d.caches.layers[l] {
		if err := d.keep(k, out[1+i]); err != nil {
			free(out[0])
			return nil, err
		}
	}
	return out[0], nil
}

// rotated are the rotations of a program's Rope steps, a row for each slot.
func (d *decoding) rotated(p *program) ([]compute.Buffer, error) {
	if t, ok := d.tables[p]; ok {
		return t, nil
	}
	in := new(inputs)
	for _, step := range p.ropes {
		n := len(step.Frequencies.InvFreq)
		cos, sin := make([]float32, d.caches.slots*n), make([]float32, d.caches.slots*n)
		for _, s := range d.seqs {
			t := d.rotations.row(step, len(s.tokens))
			copy(cos[s.slot*n:], t.cos)
			copy(sin[s.slot*n:], t.sin)
		}
		in.add(upload(d.dev, cos, d.caches.slots, n))
		in.add(upload(d.dev, sin, d.caches.slots, n))
	}
	d.tables[p] = in.owned
	return in.owned, in.err
}

// keep puts the new rows of keys or values, [slots, heads*dim], into their cache.
func (d *decoding) keep(k *kvCache, rows compute.Buffer) error {
	if d.dev.shared {
		values, err := d.dev.read(rows)
		if err != nil {
			return err
		}
		for _, s := range d.seqs {
			k.put(k.values, d.caches.capacity, s.slot, len(s.tokens)-1, values[s.slot*k.heads*k.dim:])
		}
		return nil
	}
	x, err := d.dev.keepGraph(d.caches.slots, k.heads, d.caches.capacity, k.dim)
	if err != nil {
		return err
	}
	in := new(inputs)
	in.borrow(k.buffer, rows, d.positions)
	out, err := in.run(d.dev, x)
	if err != nil {
		return err
	}
	free(k.buffer)
	k.buffer = out[0]
	return nil
}

func (d *decoding) free() {
	free(d.positions)
	for _, t := range d.tables {
		free(t...)
	}
}

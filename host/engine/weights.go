package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// weights is the memory for one program's learned tensors, of one layer at a time,
// and on the way back for their S. It is kept from layer to layer, so that the
// peak is one layer's and no garbage of a layer's size is ever made.
type weights struct {
	program *program
	layer   int
	modules []*arch.Module
	values  [][]float32      // canonical layout
	buffers []compute.Buffer // the same on the device, the same memory where it shares it
	s       [][]float32      // nil on the way forward
	held    bool             // they stay; see Hold
	adapted *adapted         // nil: no adapter's part
}

// load gives a layer of p. What is not held is read into w, whose memory is reused
// where the shapes agree; a nil w is no memory yet. With s, S is there too, zeroed.
func (e *Engine) load(ctx context.Context, w *weights, p *program, layer int, s bool) (*weights, error) {
	if held := e.held.find(p, layer); held != nil && !s {
		w.free()
		return held, e.adapt(held)
	}
	keep := e.held.wants(layer) && !s
	if keep {
		w.free()
		w = nil
	}
	w, err := e.loadInto(ctx, w, p, layer, s)
	if err != nil {
		return nil, err
	}
	if keep {
		e.held.keep(w, e.dev.shared)
	}
	if err := e.adapt(w); err != nil {
		w.free()
		return nil, err
	}
	return w, nil
}

// loadInto reads a layer of p into w.
func (e *Engine) loadInto(ctx context.Context, w *weights, p *program, layer int, s bool) (*weights, error) {
	if w == nil || w.held || !sameShapes(w.program, p) {
		w.free()
		w = &weights{}
		for _, q := range p.params {
			b, values, err := e.dev.room(q)
			if err != nil {
				w.free()
				return nil, err
			}
			w.buffers, w.values = append(w.buffers, b), append(w.values, values)
		}
	}
	w.program, w.layer, w.modules = p, layer, make([]*arch.Module, len(p.params))
	err := parallel(ctx, e.dev.workers, len(p.params), func(i int) error {
		q := p.params[i]
		var err error
		if w.modules[i], err = moduleOf(e.arch, q, layer); err != nil {
			return err
		}
		if err := e.readParam(ctx, w.modules[i], q, w.values[i]); err != nil {
			return err
		}
		if !e.dev.shared {
			free(w.buffers[i])
			w.buffers[i], err = upload(e.dev, w.values[i], q.dims()...)
		}
		return err
	})
	if err != nil {
		w.free()
		return nil, err
	}
	if s && w.s == nil {
		for _, q := range p.params {
			w.s = append(w.s, make([]float32, q.size()))
		}
	}
	live := pendingBytes + e.held.bytes()
	for i, sum := range w.s {
		clear(sum)
		live += 4 * (len(sum) + len(w.values[i]))
	}
	expect(live)
	return w, nil
}

// foresee has the disk read a layer's tensors while another layer is at work. It takes no
// memory of ours: decoded ahead, a second layer would be there.
func (e *Engine) foresee(layer int) {
	if layer < 0 || layer >= e.layers() || e.held.find(e.layer(layer), layer) != nil {
		return
	}
	var names []string
	for _, q := range e.layer(layer).params {
		if m, err := moduleOf(e.arch, q, layer); err == nil {
			names = append(names, m.Weight.Name)
		}
	}
	slices.Sort(names)
	e.ck.Foresee(slices.Compact(names)...) // experts share tensors
}

// room allocates one tensor.
func (d *device) room(q param) (compute.Buffer, []float32, error) {
	if d.shared {
		return d.alloc(q.dims()...)
	}
	return nil, make([]float32, q.size()), nil
}

func (w *weights) free() {
	w.unadapt()
	if w != nil && !w.held {
		free(w.buffers...)
		w.buffers, w.values, w.s = nil, nil, nil
	}
}

// group is what the visitor sees.
func (w *weights) group() Group {
	g := Group{Layer: w.layer}
	for i, q := range w.program.params {
		m := w.modules[i]
		t := Tensor{Module: m, Bias: q.bias, Name: m.Weight.Name, Shape: q.dims(), S: w.s[i], W: lent(w.values[i])}
		if q.bias {
			t.Name = m.Bias.Name
		}
		g.Tensors = append(g.Tensors, t)
	}
	return g
}

// lent is a Tensor's W that is there.
func lent(values []float32) func() ([]float32, error) {
	return func() ([]float32, error) { return values, nil }
}

// dims is the canonical shape.
func (p param) dims() []int {
	if p.matrix() {
		return []int{p.rows, p.cols}
	}
	return []int{p.rows}
}

func sameShapes(a, b *program) bool {
	if a == nil || len(a.params) != len(b.params) {
		return false
	}
	for i := range a.params {
		if a.params[i].rows != b.params[i].rows || a.params[i].cols != b.params[i].cols {
			return false
		}
	}
	return true
}

// readParam reads a module's weight or bias, adapter included.
func (e *Engine) readParam(ctx context.Context, m *arch.Module, q param, dst []float32) error {
	t := m.Weight
	if q.bias {
		if m.Bias == nil {
			return fmt.Errorf("%s has no bias tensor", m.Path)
		}
		t = *m.Bias
	}
	if err := e.readTensor(ctx, t, dst); err != nil {
		return err
	}
	if q.bias || e.opts.Delta == nil {
		return nil
	}
	if err := e.opts.Delta(m, dst); err != nil {
		return fmt.Errorf("the adapter's part in %s: %w", m.Path, err)
	}
	return nil
}

package engine

import (
	"context"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Held says which weights stay in memory.
type Held struct {
	Bytes  int64 // of them, float32
	Layers int   // of all layers
	// Unembedding says that the matrix that gives the logits is held; a tied one is the
	// embedding too.
	Unembedding bool
}

// holding is the weights that are read once and kept.
type holding struct {
	Held
	modules  []*arch.Module // embeddings that are kept whole
	layers   map[heldKey]*weights
	matrices map[*arch.Module]*matrix
}

type heldKey struct {
	program *program
	layer   int
}

// Hold keeps weights in memory from when they are next read on, as many as fit into
// limit bytes: first the unembedding, which every pass reads twice, and embeddings that
// cannot be read row by row, then layers, the first ones first. What is not held is read
// again whenever it is needed. Results don't depend on it.
func (e *Engine) Hold(limit int64) Held {
	e.held.free()
	e.held = &holding{layers: make(map[heldKey]*weights), matrices: make(map[*arch.Module]*matrix)}
	left := limit
	take := func(bytes int64) bool {
		if bytes > left {
			return false
		}
		left -= bytes
		e.held.Bytes += bytes
		return true
	}
	for _, p := range []*program{e.prologue, e.last.before} {
		take(programBytes(p)) // small, and held in any case
	}
	matrices := []*arch.Module{e.last.owner}
	for _, l := range e.lookups {
		if !e.byRow(l.module) && !slices.Contains(matrices, l.module) {
			matrices = append(matrices, l.module)
		}
	}
	for _, m := range matrices {
		if take(4 * int64(m.Out) * int64(m.In)) {
			e.held.modules = append(e.held.modules, m)
		}
	}
	e.held.Unembedding = slices.Contains(e.held.modules, e.last.owner)
	for l := range e.layers() {
		if !take(programBytes(e.layer(l))) {
			break
		}
		e.held.Layers++
	}
	return e.held.Held
}

// WeightBytes is what holding every weight takes, and what the largest layer does.
func (e *Engine) WeightBytes() (all, layer int64) {
	all = programBytes(e.prologue) + programBytes(e.last.before) + 4*int64(e.last.owner.Out)*int64(e.last.owner.In)
	for _, l := range e.lookups {
		if !e.byRow(l.module) && l.module != e.last.owner {
			all += 4 * int64(l.module.Out) * int64(l.module.In)
		}
	}
	for l := range e.layers() {
		bytes := programBytes(e.layer(l))
		all += bytes
		layer = max(layer, bytes)
	}
	return all, layer
}

func programBytes(p *program) int64 {
	n := int64(0)
	for _, q := range p.params {
		n += 4 * int64(q.size())
	}
	return n
}

// find gives a program's weights where they are held already.
func (h *holding) find(p *program, layer int) *weights {
	if h == nil {
		return nil
	}
	return h.layers[heldKey{p, layer}]
}

// wants reports whether a program's weights are to be held.
func (h *holding) wants(layer int) bool { return h != nil && layer < h.Layers }

// bytes is what is held.
func (h *holding) bytes() int {
	if h == nil {
		return 0
	}
	return int(h.Bytes)
}

// keep takes weights that were just read.
func (h *holding) keep(w *weights, shared bool) {
	w.held = true
	if !shared {
		w.values = nil // they are on the device
	}
	h.layers[heldKey{w.program, w.layer}] = w
}

// matrix gives a matrix that is to be held; nil: it is not.
func (e *Engine) heldMatrix(ctx context.Context, module *arch.Module) (*matrix, error) {
	if e.held == nil || !slices.Contains(e.held.modules, module) {
		return nil, nil
	}
	m := e.held.matrices[module]
	if m != nil {
		return m, nil
	}
	m = &matrix{engine: e, module: module}
	if e.dev.shared {
		var err error
		if m.buffer, m.whole, err = e.dev.alloc(module.Out, module.In); err != nil {
			return nil, err
		}
	} else {
		m.whole = make([]float32, module.Out*module.In)
	}
	if err := e.readParam(ctx, module, param{}, m.whole); err != nil {
		free(m.buffer)
		return nil, err
	}
	e.held.matrices[module] = m
	return m, nil
}

// free gives everything back.
func (h *holding) free() {
	if h == nil {
		return
	}
	for _, w := range h.layers {
		w.held = false
		w.free()
	}
	for _, m := range h.matrices {
		free(m.buffer)
	}
	h.layers, h.matrices = nil, nil
}

// Weight reads a module's weight in its canonical layout, without the adapter that Adapt
// has put on it.
func (e *Engine) Weight(ctx context.Context, m *arch.Module) ([]float32, error) {
	values := make([]float32, m.Out*max(m.In, 1))
	return values, e.readParam(ctx, m, param{}, values)
}

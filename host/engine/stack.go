package engine

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// stack is the model's weights as generation takes them, token after token: what Hold
// keeps stays where it is, the rest is read again for every token.
type stack struct {
	engine   *Engine
	resident bool       // nothing is read again
	lookups  []*matrix  // of each embedding
	prologue *weights   // nil: nothing to compute
	layers   []*weights // by layer; nil: not read yet, or not held
	spare    *weights   // of the layer at work that is not held
	before   *weights   // nil: nothing to compute
	unembed  *matrix
	bias     []float32
	whole    *chunk           // all of the unembedding, where it is held
	own      []compute.Buffer // of whole's, those that end with the stack
}

func (e *Engine) newStack(ctx context.Context) (*stack, error) {
	s := &stack{engine: e, layers: make([]*weights, e.layers())}
	if err := s.begin(ctx); err != nil {
		s.free()
		return nil, err
	}
	s.resident = e.held != nil && e.held.Unembedding && e.held.Layers == e.layers()
	return s, nil
}

func (s *stack) begin(ctx context.Context) error {
	e := s.engine
	var err error
	if s.unembed, err = e.open(ctx, e.last.owner); err != nil {
		return err
	}
	if s.bias, err = e.unembedBias(ctx); err != nil {
		return err
	}
	if e.held != nil && e.held.Unembedding {
		if err := s.takeWhole(ctx); err != nil {
			return err
		}
	}
	for _, l := range e.lookups {
		m := s.unembed
		if l.module != e.last.owner {
			if m, err = e.open(ctx, l.module); err != nil {
				return err
			}
		}
		s.lookups = append(s.lookups, m)
	}
	if p := e.prologue; !p.identity() {
		if s.prologue, err = e.load(ctx, nil, p, arch.Outside, false); err != nil {
			return err
		}
	}
	if p := e.last.before; !p.identity() {
		if s.before, err = e.load(ctx, nil, p, arch.Outside, false); err != nil {
			return err
		}
	}
	return nil
}

// takeWhole puts the whole unembedding on the device, where it is not there yet.
func (s *stack) takeWhole(ctx context.Context) error {
	e := s.engine
	n := int(e.last.unembed.Out)
	if s.unembed.buffer == nil || e.factors(e.last.module) != nil {
		c, err := e.chunkOf(ctx, s.unembed, s.bias, 0, n)
		s.whole, s.own = &c, c.params
		return err
	}
	s.whole = &chunk{n: n, params: []compute.Buffer{s.unembed.buffer}}
	if s.bias == nil {
		return nil
	}
	b, err := upload(e.dev, s.bias, n)
	s.whole.params, s.own = append(s.whole.params, b), []compute.Buffer{b}
	return err
}

// layer is a layer's weights, valid until the next call.
func (s *stack) layer(ctx context.Context, l int) (*weights, error) {
	if w := s.layers[l]; w != nil {
		return w, nil
	}
	w, err := s.engine.load(ctx, s.spare, s.engine.layer(l), l, false)
	s.spare = nil
	if err != nil {
		return nil, err
	}
	if w.held {
		s.layers[l] = w
	} else {
		s.spare = w
	}
	return w, nil
}

// chunks hands on the unembedding, whole or in parts.
func (s *stack) chunks(ctx context.Context, fn func(c chunk) error) error {
	if s.whole != nil {
		return fn(*s.whole)
	}
	return s.engine.chunksOf(ctx, s.unembed, s.bias, max(chunkBytes/4/int(s.engine.last.unembed.In), 256), fn)
}

func (s *stack) free() {
	if s == nil {
		return
	}
	for _, w := range append(s.layers, s.prologue, s.before, s.spare) {
		w.free()
	}
	free(s.own...)
}

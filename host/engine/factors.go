package engine

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Factors is a LoRA adapter's part in one module. A linear map [out, in] has A [Rank,
// in] and B [out, Rank], and its weight is W + B A. An embedding [rows, width] has A
// [Rank, rows] and B [width, Rank], and its weight is W + (B A)^T.
type Factors struct {
	Path string // the module's
	Rank int
	A, B []float32
}

// adapter is what Adapt has put on the model.
type adapter struct {
	modules map[string]*Factors // by path
	lowest  int                 // the first layer that is adapted; as many as there are: none is
	// outside says that something before the layers is adapted.
	outside bool
}

// Adapt puts an adapter on the model, in place of the one before; none takes it off.
// The entries stay the caller's, who may change them between calls of the engine's
// methods: they are read whenever a weight is used. What is put on a module that has no
// weight of its own, or on a norm, is an error.
func (e *Engine) Adapt(factors []Factors) error {
	a := &adapter{modules: make(map[string]*Factors), lowest: e.layers()}
	for i := range factors {
		f := &factors[i]
		m := e.arch.Module(f.Path)
		if err := e.fits(f, m); err != nil {
			return err
		}
		if a.modules[f.Path] != nil {
			return fmt.Errorf("%s is adapted twice", f.Path)
		}
		a.modules[f.Path] = f
		switch {
		case m.Layer != arch.Outside:
			a.lowest = min(a.lowest, m.Layer)
		case m.Kind == arch.Embedding || e.inPrologue(m):
			a.outside = true
		}
	}
	e.adapter = a
	if len(factors) == 0 {
		e.adapter = nil
	}
	return nil
}

// fits refuses factors that are not the module's.
func (e *Engine) fits(f *Factors, m *arch.Module) error {
	if m == nil {
		return fmt.Errorf("the model has no module %s to adapt", f.Path)
	}
	rows, cols := m.Out, m.In
	if m.Kind == arch.Embedding {
		rows, cols = cols, rows
	}
	switch {
	case m.Kind == arch.Norm:
		return fmt.Errorf("%s is a norm, which has no factors", f.Path)
	case m.TiedTo != "":
		return fmt.Errorf("%s shares its weight with %s and cannot be adapted alone", f.Path, m.TiedTo)
	case e.last.tied() && m == e.last.owner:
		return fmt.Errorf("%s shares its weight with %s and cannot be adapted alone", f.Path, e.last.module.Path)
	case f.Rank < 1 || len(f.A) != f.Rank*cols || len(f.B) != rows*f.Rank:
		return fmt.Errorf("%s: found %d entries of A and %d of B at rank %d, expected [%d, %d] and [%d, %d]",
			f.Path, len(f.A), len(f.B), f.Rank, f.Rank, cols, rows, f.Rank)
	}
	return nil
}

// Foresee tells the engine which samples will come, so that graphs of one size do for
// all of them.
func (e *Engine) Foresee(samples []Sample) {
	for _, s := range samples {
		if n := len(s.Tokens); n <= longest {
			e.foreseen.tokens = max(e.foreseen.tokens, n)
		}
		if n := countedTokens(s); n <= longest {
			e.foreseen.rows = max(e.foreseen.rows, n)
		}
	}
}

func (e *Engine) inPrologue(m *arch.Module) bool {
	for _, q := range e.prologue.params {
		if arch.Expand(q.module, arch.Outside, q.expert) == m.Path {
			return true
		}
	}
	return false
}

// factors are those of a module; nil: it is not adapted.
func (e *Engine) factors(m *arch.Module) *Factors {
	if e.adapter == nil {
		return nil
	}
	return e.adapter.modules[m.Path]
}

// adapted is an adapter's part in one program's weights, on the device.
type adapted struct {
	factors []*Factors       // by param; nil: it is not adapted
	a, b    []compute.Buffer // by param
	merged  []compute.Buffer // W + B A, by param
	given   []compute.Buffer // what the graphs take for params
}

// adapt merges the adapter into weights just loaded. The merged weight costs as much as
// Rank tokens more would, where factors beside it would cost every token.
func (e *Engine) adapt(w *weights) error {
	w.unadapt()
	if e.adapter == nil {
		return nil
	}
	n := len(w.program.params)
	ad := &adapted{
		factors: make([]*Factors, n), a: make([]compute.Buffer, n), b: make([]compute.Buffer, n),
		merged: make([]compute.Buffer, n), given: make([]compute.Buffer, n),
	}
	any := false
	for i, q := range w.program.params {
		ad.given[i] = w.buffers[i]
		if f := e.factors(w.modules[i]); f != nil && q.matrix() {
			ad.factors[i], any = f, true
		}
	}
	if !any {
		return nil
	}
	w.adapted = ad
	for i, f := range ad.factors {
		if f == nil {
			continue
		}
		q := w.program.params[i]
		var err error
		if ad.a[i], err = upload(e.dev, f.A, f.Rank, q.cols); err != nil {
			return err
		}
		if ad.b[i], err = upload(e.dev, f.B, q.rows, f.Rank); err != nil {
			return err
		}
		if ad.merged[i], err = e.dev.merge(w.buffers[i], ad.b[i], ad.a[i], q.rows, q.cols, f.Rank); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		ad.given[i] = ad.merged[i]
	}
	return nil
}

// unadapt frees what adapt made.
func (w *weights) unadapt() {
	if w == nil || w.adapted == nil {
		return
	}
	free(w.adapted.a...)
	free(w.adapted.b...)
	free(w.adapted.merged...)
	w.adapted = nil
}

// given is what graphs take for the params: the weights, with the adapter's part.
func (w *weights) given() []compute.Buffer {
	if w.adapted != nil {
		return w.adapted.given
	}
	return w.buffers
}

// adaptChunk gives a chunk of the unembedding with the adapter's part. On a device that
// shares memory c.u stays without it.
func (e *Engine) adaptChunk(c chunk, f *Factors) (compute.Buffer, error) {
	width := int(e.last.unembed.In)
	var in inputs
	defer in.free()
	in.add(upload(e.dev, f.B[c.first*f.Rank:(c.first+c.n)*f.Rank], c.n, f.Rank))
	in.add(upload(e.dev, f.A, f.Rank, width))
	if in.err != nil {
		return nil, in.err
	}
	return e.dev.merge(c.params[0], in.all[0], in.all[1], c.n, width, f.Rank)
}

// merge gives w + b a, for w [rows, cols].
func (d *device) merge(w, b, a compute.Buffer, rows, cols, rank int) (compute.Buffer, error) {
	x, err := d.graphs.get(graphKey{"merge", nil, [4]int{rows, cols, rank}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			w := graph.Parameter(g, "w", floats(rows, cols))
			b := graph.Parameter(g, "b", floats(rows, rank))
			a := graph.Parameter(g, "a", floats(rank, cols))
			return []*graph.Node{graph.Add(w, graph.DotGeneral(b, []int{1}, nil, a, []int{0}, nil))}, nil
		})
	})
	if err != nil {
		return nil, err
	}
	out, err := d.run(x, []compute.Buffer{w, b, a})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

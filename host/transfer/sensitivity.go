package transfer

import (
	"context"
	"fmt"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/timing"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// measured is what the teacher's sensitivity has given.
type measured struct {
	losses  []float64
	scores  []float64 // by the teacher's layer
	backend string
	// layers is what was taken of a teacher's layer for the student's layers of a
	// class, target by target; nil where the teacher has no counterpart.
	layers     map[int]map[int][]*taken
	embeddings []*taken // as plan.embeddings
}

// taken is what one of the student's modules gets.
type taken struct {
	*factors
	parts []partTaken
}

type partTaken struct {
	name    string // "" where the module is not fused
	teacher string
	window  Window
	heat    heat // none: its values are nil
}

// measure runs the teacher on the samples. S = sum over the samples of
// abs(W * dL/dW) is complete for one layer at a time; window and factors are taken at
// once, then S is dropped.
func measure(ctx context.Context, p *plan, samples []seeds.Sample, marks *fingerprints) (*measured, error) {
	e, err := engine.New(ctx, p.teacher.Checkpoint, p.teacher.Arch, p.opts.Engine)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	v := newVisitor(ctx, p)
	v.backend = e.Backend()
	if v.keeper, err = newKeeper(p, samples, v.backend, marks); err != nil {
		return nil, err
	}
	from, err := v.keeper.resume(v)
	if err != nil {
		return nil, err
	}
	if v.losses, err = e.SensitivityFrom(ctx, samples, from, v.visit); err != nil {
		return nil, err
	}
	if err := v.keeper.ready(); err != nil { // where nothing was left to visit
		return nil, err
	}
	return &v.measured, nil
}

// visitor takes from each group of tensors what the plan wants of it.
type visitor struct {
	measured
	ctx     context.Context
	plan    *plan
	keeper  *keeper
	leading leading
	side    int       // of a heat map; 0: there are none
	experts bool      // they get heat maps, too
	space   []float32 // for one window
}

func newVisitor(ctx context.Context, p *plan) *visitor {
	side, experts := p.heatSide()
	return &visitor{
		ctx: ctx, plan: p, side: side, experts: experts,
		leading: leading{p.depth, make(map[int]float64)},
		measured: measured{
			scores:     make([]float64, p.depth.teacher),
			layers:     make(map[int]map[int][]*taken),
			embeddings: make([]*taken, len(p.embeddings)),
		},
	}
}

// visit is called by the engine.
func (v *visitor) visit(g engine.Group) error {
	tensors := weightsOf(g)
	if g.Layer == arch.Outside {
		return v.visitOutside(tensors)
	}
	end := v.clock().Begin(timing.S)
	s := score(g)
	end()
	if s-s != 0 {
		return fmt.Errorf("layer %d: the sensitivity adds up to %v", g.Layer, s)
	}
	v.scores[g.Layer] = s
	in, out := v.leading.offer(g.Layer, s)
	delete(v.layers, out)
	if !in {
		return v.keeper.layer(g, s, nil, v.embeddings)
	}
	classes := make(map[int][]*taken)
	for _, k := range v.plan.depth.students(g.Layer) {
		c := v.plan.classes[k]
		if _, done := classes[c]; done {
			continue
		}
		var err error
		if classes[c], err = v.takeLayer(v.plan.targets[c], v.plan.sources[g.Layer], tensors); err != nil {
			return err
		}
	}
	v.layers[g.Layer] = classes
	return v.keeper.layer(g, s, classes, v.embeddings)
}

// weightsOf are a group's weights, biases left out, by their module.
func weightsOf(g engine.Group) map[string]engine.Tensor {
	tensors := make(map[string]engine.Tensor)
	for _, t := range g.Tensors {
		if !t.Bias {
			tensors[t.Module.Path] = t
		}
	}
	return tensors
}

func (v *visitor) takeLayer(targets []target, sources map[key]source, tensors map[string]engine.Tensor) ([]*taken, error) {
	all := make([]*taken, len(targets))
	for i, t := range targets {
		if missing(t, sources) != "" {
			continue
		}
		var err error
		if all[i], err = v.take(t, sources, tensors); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// take windows a target part by part, puts the parts together in the student's own
// layout, and factorises the whole.
func (v *visitor) take(t target, sources map[key]source, tensors map[string]engine.Tensor) (*taken, error) {
	dst := v.window(t.module.Out, t.module.In)
	taken := &taken{}
	for _, part := range t.parts {
		from := sources[part.key]
		x, ok := tensors[from.module.Path]
		if !ok {
			return nil, fmt.Errorf("%s: the sensitivity of it is missing", from.module.Path)
		}
		values, err := x.W()
		if err != nil {
			return nil, err
		}
		s, w := asMatrix(x.S, from.module.Out, from.module.In), asMatrix(values, from.module.Out, from.module.In)
		use := fmt.Sprintf("window %s %s", from.module.Path, part.key)
		end := v.clock().Begin(timing.Windows)
		win, err := extract(v.plan.opts.Structure, s.part(from.rows), w.part(from.rows), dst.part(part.rows), generator(v.plan.opts.RNGSeed, use))
		p := partTaken{teacher: from.module.Path, window: win}
		if err == nil && v.side > 0 && (v.experts || t.module.Expert < 0) {
			p.heat = heatOf(s.part(from.rows), v.side)
		}
		end()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", from.module.Path, err)
		}
		if len(t.parts) > 1 {
			p.name = peft.RoleName(part.key.role)
		}
		taken.parts = append(taken.parts, p)
	}
	var err error
	defer v.clock().Begin(timing.SVD)()
	if taken.factors, err = factorise(v.ctx, dst, v.plan.opts.Rank, false); err != nil {
		return nil, fmt.Errorf("%s: %w", taken.parts[0].teacher, err)
	}
	return taken, nil
}

func (v *visitor) visitOutside(tensors map[string]engine.Tensor) error {
	for i, e := range v.plan.embeddings {
		x, ok := tensors[e.teacher.Path]
		if !ok {
			continue
		}
		var err error
		if v.embeddings[i], err = v.takeEmbedding(e, x); err != nil {
			return fmt.Errorf("%s: %w", e.teacher.Path, err)
		}
	}
	return nil
}

// takeEmbedding windows the input embedding as [d, vocab]. All tokens are in its window,
// so for windows of whole rows and columns [vocab, d] does as well, without a turned
// copy; single weights are put together in the order of [d, vocab].
func (v *visitor) takeEmbedding(e embedding, x engine.Tensor) (*taken, error) {
	values, err := x.W()
	if err != nil {
		return nil, err
	}
	s, w := asMatrix(x.S, e.teacher.Out, e.teacher.In), asMatrix(values, e.teacher.Out, e.teacher.In)
	rows, cols := e.student.Out, e.student.In
	turn := e.lookup() && v.plan.opts.Structure == Neurons
	if turn {
		s, w, rows, cols = s.turned(), w.turned(), cols, rows
	}
	dst := v.window(rows, cols)
	end := v.clock().Begin(timing.Windows)
	win, err := extract(v.plan.opts.Structure, s, w, dst, generator(v.plan.opts.RNGSeed, "window "+e.teacher.Path))
	end()
	if err != nil {
		return nil, err
	}
	if e.lookup() && !turn {
		win.Row, win.Col, win.Rows, win.Cols = win.Col, win.Row, win.Cols, win.Rows
		win.Matrix = []int{s.cols, len(s.rows)}
	}
	defer v.clock().Begin(timing.SVD)()
	f, err := factorise(v.ctx, dst, v.plan.opts.Rank, e.lookup() && !turn)
	if err != nil {
		return nil, err
	}
	part := partTaken{teacher: e.teacher.Path, window: win}
	if v.side > 0 {
		part.heat = heatOf(s, v.side)
		if e.lookup() && !turn {
			part.heat = part.heat.turned()
		}
	}
	return &taken{f, []partTaken{part}}, nil
}

func (v *visitor) clock() *timing.Clock { return v.plan.opts.Engine.Clock }

// window is a matrix of zeros. There is one at a time.
func (v *visitor) window(rows, cols int) matrix {
	n := rows * cols
	if cap(v.space) < n {
		v.space = make([]float32, n)
	}
	v.space = v.space[:n]
	clear(v.space)
	return asMatrix(v.space, rows, cols)
}

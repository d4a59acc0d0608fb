package engine

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// vjpLayout says where the outputs of a gradient graph are. The first ones are the
// gradients of the program's inputs.
type vjpLayout struct {
	linears []linearOutput
	vectors []vectorOutput
}

// linearOutput is a linear map's x [T, in] and output gradient [T, out].
type linearOutput struct{ param, x, dy int }

// vectorOutput is the gradient of a norm's weight or of a bias, each row's part in a
// row of its own. A row of the batch has perRow of them: a norm over each head has a
// row a head.
type vectorOutput struct{ param, gradient, perRow int }

// forwardGraph maps (inputs, segments, tables, params) to the program's output, and what
// is to be kept of the linear maps.
func (d *device) forwardGraph(p *program, tokens int, keep []int) (*executable, error) {
	kind := "forward"
	if len(keep) > 0 {
		kind = "forward, kept"
	}
	return d.graphs.get(graphKey{kind, p, [4]int{tokens}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			b, err := p.lower(g, tokens, d, nil)
			if err != nil {
				return nil, err
			}
			outputs := []*graph.Node{b.output}
			for _, i := range keep {
				outputs = append(outputs, b.linears[i].y)
			}
			return outputs, nil
		})
	})
}

// gradientGraph maps (inputs, segments, tables, params, kept, dL/d output) to what vjpLayout
// says. The gradient of a linear map's weight is left to be formed from x and dy, a tile
// at a time: whole, it would be as large as the weight.
func (d *device) gradientGraph(p *program, tokens int, kept []int) (*executable, error) {
	kind := "gradient"
	if len(kept) > 0 {
		kind = "gradient of kept"
	}
	return d.graphs.get(graphKey{kind, p, [4]int{tokens}}, func(name string) (*executable, error) {
		var layout vjpLayout
		x, err := d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			b, err := p.lower(g, tokens, d, leaves(g, kept))
			if err != nil {
				return nil, err
			}
			outputs, l := p.gradients(b)
			layout = l
			return outputs, nil
		})
		if err == nil {
			x.vjp = layout
		}
		return x, err
	})
}

// compileAhead begins to compile the layers' gradient graphs, which takes XLA a second or
// two on one core, while the way forward has its own compiled. What goes wrong is met
// again by who needs the graph.
func (r *run) compileAhead(keeps []kept) {
	if r.dev.pureGo {
		return
	}
	r.compiling.Go(func() {
		for l := range r.layers() {
			for _, b := range r.batches {
				_, _ = r.dev.gradientGraph(r.layer(l), b.rows, keeps[l].maps)
			}
		}
	})
}

// lowered is a program as nodes of a graph.
type lowered struct {
	inputs, params []*graph.Node
	output         *graph.Node
	linears        []linearNode
	vectors        []vectorNode
}

// lower lowers a program. leaf may be nil.
func (p *program) lower(g *graph.Graph, tokens int, d *device, leaf leafFunc) (*lowered, error) {
	return p.lowerWith(g, tokens, d, d.segmented(p), leaf, nil)
}

// lowerWith lowers a program with a way of its own to attend. prepare, when not nil,
// is called behind the program's parameters and may add others.
func (p *program) lowerWith(g *graph.Graph, tokens int, d *device, segmented bool, leaf leafFunc, prepare func() attendFunc) (*lowered, error) {
	b := &lowered{}
	l := &lowering{
		values: make(map[string]*graph.Node), params: make(map[paramKey]*graph.Node),
		expert: -1, fused: d.fused, leaf: leaf, linears: &b.linears, vectors: &b.vectors,
	}
	for _, in := range p.inputs {
		n := graph.Parameter(g, in.name, floats(tokens, in.width))
		b.inputs = append(b.inputs, n)
		l.values[in.name] = n
		l.previous = n
	}
	if segmented {
		l.segments = graph.Parameter(g, "segments", shapes.Make(dtypes.Int32, tokens))
	}
	for i, rope := range p.ropes {
		n := len(rope.Frequencies.InvFreq)
		l.tables = append(l.tables, table{
			graph.Parameter(g, fmt.Sprint("cos ", i), floats(tokens, n)),
			graph.Parameter(g, fmt.Sprint("sin ", i), floats(tokens, n)),
		})
	}
	for i, q := range p.params {
		dims := []int{q.rows}
		if q.matrix() {
			dims = append(dims, q.cols)
		}
		n := graph.Parameter(g, fmt.Sprint("param ", i), floats(dims...))
		b.params = append(b.params, n)
		l.params[q.paramKey] = n
	}
	if prepare != nil {
		l.attend = prepare()
	}
	if err := l.run(p.steps); err != nil {
		return nil, err
	}
	var err error
	b.output, err = l.result(p.output)
	return b, err
}

// gradients adds the gradient of sum(output * dy), dy a new parameter.
func (p *program) gradients(b *lowered) ([]*graph.Node, vjpLayout) {
	g := b.output.Graph()
	dy := graph.Parameter(g, "dy", b.output.Shape())
	index := make(map[paramKey]int)
	for i, q := range p.params {
		index[q.paramKey] = i
	}
	wrt := append([]*graph.Node(nil), b.inputs...)
	for _, v := range b.vectors {
		wrt = append(wrt, v.spread)
	}
	ys, outputs := b.reverse(dy, wrt)
	var layout vjpLayout
	for i, v := range b.vectors {
		perRow := v.spread.Shape().Dim(0) / dy.Shape().Dim(0)
		layout.vectors = append(layout.vectors, vectorOutput{index[v.vector], len(b.inputs) + i, perRow})
	}
	place := make(map[*graph.Node]int) // several maps may read one x
	for i, l := range b.linears {
		at, ok := place[l.x]
		if !ok {
			at = len(outputs)
			place[l.x] = at
			outputs = append(outputs, l.x)
		}
		layout.linears = append(layout.linears, linearOutput{index[l.weight], at, len(outputs)})
		outputs = append(outputs, ys[i])
	}
	return outputs, layout
}

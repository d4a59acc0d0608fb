package engine

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// lowering turns steps into graph nodes. Every value is [T, width].
type lowering struct {
	values   map[string]*graph.Node
	previous *graph.Node // the first output of the step before
	params   map[paramKey]*graph.Node
	tables   []table     // of the Rope steps still to come
	expert   int         // whose body this is; -1: none
	fused    bool        // the backend has a fused softmax: it is pure Go
	segments *graph.Node // each row's seed; nil: all rows are of one
	attend   attendFunc  // nil: attention
	leaf     leafFunc    // nil: a linear map's y is its product

	linears *[]linearNode // every linear map met, in order
	vectors *[]vectorNode // every norm's weight and bias met, in order
}

// attendFunc is a way to lower an Attention step.
type attendFunc func(l *lowering, s *archpb.Attention, q, k, v *graph.Node) *graph.Node

// leafFunc gives what stands for the product y of the i-th linear map in what follows.
type leafFunc func(i int, y *graph.Node) *graph.Node

// table holds the rotations of one Rope step, both [T, n].
type table struct{ cos, sin *graph.Node }

// linearNode is a linear map as the graph computes it: y = x W^T.
type linearNode struct {
	weight  paramKey
	x, w, y *graph.Node
}

// vectorNode is a norm's weight or a bias as the graph uses it: repeated in each row.
type vectorNode struct {
	vector paramKey
	spread *graph.Node
}

// run lowers the steps one after another.
func (l *lowering) run(steps []*archpb.Step) error {
	for i, step := range steps {
		if err := l.step(step); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// result is the value that the steps leave under a name; "": the last step's.
func (l *lowering) result(name string) (*graph.Node, error) {
	if name == "" {
		if l.previous == nil {
			return nil, fmt.Errorf("no step gives a value")
		}
		return l.previous, nil
	}
	v, ok := l.values[name]
	if !ok {
		return nil, fmt.Errorf("no step gives the value %q", name)
	}
	return v, nil
}

func (l *lowering) step(step *archpb.Step) error {
	in, err := l.inputs(step)
	if err != nil {
		return err
	}
	out, err := l.apply(step, in)
	if err != nil {
		return err
	}
	if len(step.Out) > len(out) {
		return fmt.Errorf("%d values named, %d given", len(step.Out), len(out))
	}
	for i, name := range step.Out {
		l.values[name] = out[i]
	}
	l.previous = out[0]
	return nil
}

func (l *lowering) inputs(step *archpb.Step) ([]*graph.Node, error) {
	if len(step.In) == 0 {
		v, err := l.result("")
		return []*graph.Node{v}, err
	}
	in := make([]*graph.Node, len(step.In))
	for i, name := range step.In {
		v, err := l.result(name)
		if err != nil {
			return nil, err
		}
		in[i] = v
	}
	return in, nil
}

func (l *lowering) apply(step *archpb.Step, in []*graph.Node) ([]*graph.Node, error) {
	one := func(n *graph.Node) ([]*graph.Node, error) { return []*graph.Node{n}, nil }
	x := in[0]
	switch op := step.Op.(type) {
	case *archpb.Step_Linear:
		return one(l.linear(op.Linear, x))
	case *archpb.Step_Norm:
		return one(l.norm(op.Norm, x))
	case *archpb.Step_Rope:
		t := l.tables[0]
		l.tables = l.tables[1:]
		return one(rotate(op.Rope, x, t))
	case *archpb.Step_Attention:
		if len(in) != 3 {
			return nil, fmt.Errorf("attention takes q, k and v, not %d values", len(in))
		}
		if l.attend != nil {
			return one(l.attend(l, op.Attention, in[0], in[1], in[2]))
		}
		return one(l.attention(op.Attention, in[0], in[1], in[2]))
	case *archpb.Step_Activation:
		n, err := activate(op.Activation.Function, x)
		return []*graph.Node{n}, err
	case *archpb.Step_Combine:
		n, err := combine(op.Combine.Kind, in)
		return []*graph.Node{n}, err
	case *archpb.Step_Scale:
		return one(graph.MulScalar(x, op.Scale.By))
	case *archpb.Step_Softcap:
		return one(softcap(x, op.Softcap.Cap))
	case *archpb.Step_Split:
		return split(op.Split, x), nil
	case *archpb.Step_Join:
		return one(graph.Concatenate(in, 1))
	case *archpb.Step_Experts:
		n, err := l.experts(op.Experts, x)
		return []*graph.Node{n}, err
	}
	return nil, fmt.Errorf("this host does not know the step %T", step.Op)
}

// vector is a learned vector, plus offset, repeated in each row of like. The repeated
// one is noted: the gradient is taken there, because a row tells whose seed it is.
func (l *lowering) vector(module string, bias bool, offset float64, like *graph.Node) *graph.Node {
	key := paramKey{module, l.expert, bias}
	v := l.params[key]
	if offset != 0 {
		v = graph.AddScalar(v, offset)
	}
	v = spread(v, like, 1)
	*l.vectors = append(*l.vectors, vectorNode{key, v})
	return v
}

// linear is x W^T + b. The map's x and y are noted: the gradient is taken there.
func (l *lowering) linear(s *archpb.Linear, x *graph.Node) *graph.Node {
	key := paramKey{s.Module.Path, l.expert, false}
	w := l.params[key]
	y := graph.DotGeneral(x, []int{1}, nil, w, []int{1}, nil)
	if l.leaf != nil {
		y = l.leaf(len(*l.linears), y)
	}
	*l.linears = append(*l.linears, linearNode{key, x, w, y})
	if s.Module.Bias {
		y = graph.Add(y, l.vector(s.Module.Path, true, 0, y))
	}
	return y
}

// combine adds or multiplies; a value of width 1 counts for every column.
func combine(kind archpb.Combine_Kind, in []*graph.Node) (*graph.Node, error) {
	widest := in[0]
	for _, x := range in[1:] {
		if x.Shape().Dim(1) > widest.Shape().Dim(1) {
			widest = x
		}
	}
	var sum *graph.Node
	for _, x := range in {
		if x.Shape().Dim(1) == 1 {
			x = graph.BroadcastToShape(x, widest.Shape())
		}
		switch {
		case sum == nil:
			sum = x
		case kind == archpb.Combine_KIND_ADD:
			sum = graph.Add(sum, x)
		case kind == archpb.Combine_KIND_MULTIPLY:
			sum = graph.Mul(sum, x)
		default:
			return nil, fmt.Errorf("unknown kind of combination %v", kind)
		}
	}
	return sum, nil
}

// softcap is limit * tanh(x / limit).
func softcap(x *graph.Node, limit float64) *graph.Node {
	return graph.MulScalar(graph.Tanh(graph.MulScalar(x, 1/limit)), limit)
}

// split views the width as groups x sum(sizes) and cuts inside each group.
func split(s *archpb.Split, x *graph.Node) []*graph.Node {
	tokens, groups, total := x.Shape().Dim(0), max(int(s.Groups), 1), 0
	for _, size := range s.Sizes {
		total += int(size)
	}
	view := graph.Reshape(x, tokens, groups, total)
	var out []*graph.Node
	first := 0
	for _, size := range s.Sizes {
		part := graph.SliceAxis(view, 2, graph.AxisRange(first, first+int(size)))
		out = append(out, graph.Reshape(part, tokens, groups*int(size)))
		first += int(size)
	}
	return out
}

// spread repeats a vector along every row (axis 1) or column (axis 0) of a matrix like
// like.
func spread(v, like *graph.Node, axis int) *graph.Node {
	dims := []int{1, 1}
	dims[axis] = v.Shape().Size()
	return graph.BroadcastToShape(graph.Reshape(v, dims...), like.Shape())
}

// sumOfRows adds up each row of a matrix.
func sumOfRows(x *graph.Node) *graph.Node { return graph.ReduceSum(x, 1) }

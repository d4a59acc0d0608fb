package engine

import (
	"fmt"
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/host/engine/fused"
	"github.com/neuralnuggets/nugget/host/timing"
)

// device is a backend together with how best to feed it.
type device struct {
	compute.Backend
	name    string
	pureGo  bool
	workers int  // tiles of S, and on pure Go seeds, at once
	fused   bool // has a fused softmax
	shared  bool // its buffers are memory that Go reads and writes in place
	graphs  *cache
	adder   *fused.Adder // nil: the device forms dW itself
	// bfloat16 has x and dY rounded to it before dW is formed.
	bfloat16 bool
	clock    *timing.Clock
}

func newDevice(b compute.Backend, name string, pureGo bool, opts Options) (*device, error) {
	workers := opts.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	d := &device{
		Backend: b, name: name, pureGo: pureGo, workers: workers,
		fused:  b.Capabilities().Operations[compute.OpTypeFusedSoftmax],
		shared: b.HasSharedBuffers(), clock: opts.Clock, bfloat16: opts.BFloat16,
	}
	d.graphs = newCache(graphsKept)
	if d.shared {
		kernel, err := fused.Choose(opts.BFloat16)
		if err != nil {
			d.close()
			return nil, err
		}
		if !kernel.Native() {
			opts.warn("this processor has no products of bfloat16: what is rounded to it is multiplied as float32, and no time is saved")
		}
		d.adder = fused.NewAdder(kernel, workers)
	}
	return d, nil
}

// close frees the compiled graphs, then the backend.
func (d *device) close() {
	d.graphs.clear()
	d.Finalize()
}

// batchesAtOnce is how many batches run side by side. XLA spreads one over the cores
// by itself, but for small operations and what happens between graphs: on the CPU a
// second batch fills these gaps.
func (d *device) batchesAtOnce() int {
	switch {
	case d.pureGo:
		return d.workers
	case d.shared:
		return min(d.workers, 2)
	}
	return 1
}

// segmented reports whether a program's graphs are told which rows are whose.
func (d *device) segmented(p *program) bool { return len(p.attentions) > 0 && !d.pureGo }

// alloc returns a buffer together with its memory, where the device shares it.
func (d *device) alloc(dims ...int) (compute.Buffer, []float32, error) {
	b, flat, err := d.NewSharedBuffer(0, floats(dims...))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: a buffer of %v: %w", d.name, dims, err)
	}
	values, ok := flat.([]float32)
	if !ok {
		return nil, nil, fmt.Errorf("%s: a buffer of %T, want float32", d.name, flat)
	}
	return b, values, nil
}

// fill returns a buffer that fn has written every entry of.
func (d *device) fill(fn func(dst []float32) error, dims ...int) (compute.Buffer, error) {
	if !d.shared {
		values := make([]float32, elements(dims))
		if err := fn(values); err != nil {
			return nil, err
		}
		return upload(d, values, dims...)
	}
	b, values, err := d.alloc(dims...)
	if err != nil {
		return nil, err
	}
	if err := fn(values); err != nil {
		free(b)
		return nil, err
	}
	return b, nil
}

// upload copies values to the device.
func upload[T float32 | int32](d *device, values []T, dims ...int) (compute.Buffer, error) {
	b, err := d.BufferFromFlatData(0, values, shapes.Make(dtypes.FromGenericsType[T](), dims...))
	if err != nil {
		return nil, fmt.Errorf("%s: a buffer of %v: %w", d.name, dims, err)
	}
	return b, nil
}

// read gives a buffer's values: the buffer's own memory where the device shares
// it, valid until the buffer is freed, else a copy.
func (d *device) read(b compute.Buffer) ([]float32, error) {
	if d.shared {
		flat, err := b.Data()
		if err != nil {
			return nil, err
		}
		values, ok := flat.([]float32)
		if !ok {
			return nil, fmt.Errorf("%s: a buffer of %T, want float32", d.name, flat)
		}
		return values, nil
	}
	shape, err := b.Shape()
	if err != nil {
		return nil, err
	}
	values := make([]float32, shape.Size())
	return values, b.ToFlatData(values)
}

// free gives buffers back now instead of at some garbage collection.
func free(buffers ...compute.Buffer) {
	for _, b := range buffers {
		if b != nil {
			// The only failures are "already freed" ones, which cost nothing.
			_ = b.Finalize()
		}
	}
}

// run executes a graph. The inputs stay the caller's; the outputs become so.
func (d *device) run(x *executable, inputs []compute.Buffer) (outputs []compute.Buffer, err error) {
	defer d.clock.Begin(x.phase)()
	defer recovered(&err, x.name)
	outputs, err = x.graph.Executable().Execute(inputs, make([]bool, len(inputs)), 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", d.name, x.name, err)
	}
	return outputs, nil
}

// executable is a compiled graph.
type executable struct {
	name  string
	graph *graph.Graph
	phase timing.Phase
	vjp   vjpLayout // of a gradient graph
}

// compile builds and compiles a graph. What GoMLX panics with becomes an error.
func (d *device) compile(name string, build func(g *graph.Graph) ([]*graph.Node, error)) (x *executable, err error) {
	defer d.clock.Begin(timing.Compile)()
	defer recovered(&err, name)
	g := graph.NewGraph(d.Backend, name)
	outputs, err := build(g)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := g.Compile(outputs...); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", d.name, name, err)
	}
	if !d.pureGo {
		trimMalloc()
	}
	return &executable{name: name, graph: g}, nil
}

// recovered turns a panic of GoMLX into an error.
func recovered(err *error, what string) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = fmt.Errorf("%s: %w", what, p)
	default:
		*err = fmt.Errorf("%s: %v", what, p)
	}
}

// floats is a float32 shape.
func floats(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

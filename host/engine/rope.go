package engine

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// rotate turns the pairs of each head's first 2n entries, n the table's width:
// (a, b) -> (a cos - b sin, b cos + a sin). The rest of the head passes through.
func rotate(s *archpb.Rope, x *graph.Node, t table) *graph.Node {
	shape := x.Shape()
	tokens, dim, n := shape.Dim(0), int(s.HeadDim), t.cos.Shape().Dim(1)
	x = graph.Reshape(x, tokens, shape.Dim(1)/dim, dim)
	var a, b *graph.Node
	if s.Interleaved {
		a = graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(0, 2*n).Stride(2))
		b = graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(1, 2*n).Stride(2))
	} else {
		a = graph.SliceAxis(x, 2, graph.AxisRange(0, n))
		b = graph.SliceAxis(x, 2, graph.AxisRange(n, 2*n))
	}
	cos := graph.BroadcastToShape(graph.InsertAxes(t.cos, 1), a.Shape())
	sin := graph.BroadcastToShape(graph.InsertAxes(t.sin, 1), a.Shape())
	first := graph.Sub(graph.Mul(a, cos), graph.Mul(b, sin))
	second := graph.Add(graph.Mul(b, cos), graph.Mul(a, sin))
	var parts []*graph.Node
	if s.Interleaved {
		pairs := graph.Concatenate([]*graph.Node{graph.InsertAxes(first, -1), graph.InsertAxes(second, -1)}, 3)
		parts = append(parts, graph.Reshape(pairs, tokens, shape.Dim(1)/dim, 2*n))
	} else {
		parts = append(parts, first, second)
	}
	if 2*n < dim {
		parts = append(parts, graph.SliceAxis(x, 2, graph.AxisRange(2*n, dim)))
	}
	return graph.ReshapeWithShape(graph.Concatenate(parts, 2), shape)
}

// rotations computes the tables of Rope steps and keeps those that many seeds
// share. It is safe for concurrent use.
type rotations struct {
	divisors map[string][]float32 // checkpoint tensors that divide frequencies

	mu     sync.Mutex
	tables map[tableKey]rotation
}

// tableKey names a table: a step's ordinary frequencies or its longer ones.
type tableKey struct {
	step   *archpb.Rope
	longer bool
}

// rotation is a table for successive positions: [rows, n] each.
type rotation struct {
	cos, sin []float32
	n        int
}

// newRotations reads the tensors that the programs' Rope steps name.
func newRotations(ctx context.Context, ck *checkpoint.Checkpoint, programs []*program) (*rotations, error) {
	r := &rotations{divisors: make(map[string][]float32), tables: make(map[tableKey]rotation)}
	for _, p := range programs {
		for _, step := range p.ropes {
			for _, f := range []*archpb.Frequencies{step.Frequencies, step.GetLonger().GetFrequencies()} {
				name := f.GetDivisors()
				if name == "" || r.divisors[name] != nil {
					continue
				}
				t, ok := ck.Lookup(name)
				if !ok || elements(t.Shape) != len(f.InvFreq) {
					return nil, fmt.Errorf("%s: no tensor %q of %d entries", ck.Path(), name, len(f.InvFreq))
				}
				values := make([]float32, len(f.InvFreq))
				if err := ck.ReadFloat32(ctx, name, values); err != nil {
					return nil, err
				}
				r.divisors[name] = values
			}
		}
	}
	return r, nil
}

// table returns a step's table for a sequence of so many tokens, or a longer one that
// begins with it. The length picks the frequencies.
func (r *rotations) table(step *archpb.Rope, length int) rotation {
	f, longer, own := frequencies(step, length)
	if own { // not worth keeping
		return r.rotation(f, 0, length)
	}
	key := tableKey{step, longer}
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.tables[key]
	if !ok || len(t.cos) < length*t.n {
		t = r.rotation(f, 0, length)
		r.tables[key] = t
	}
	return t
}

// row is the last row of a step's table for a sequence of so many tokens.
func (r *rotations) row(step *archpb.Rope, length int) rotation {
	f, _, _ := frequencies(step, length)
	return r.rotation(f, length-1, 1)
}

// frequencies are a step's for a sequence of so many tokens. own says that no other
// length has them.
func frequencies(step *archpb.Rope, length int) (f *archpb.Frequencies, longer, own bool) {
	f = step.Frequencies
	switch dynamic := step.DynamicNtk; {
	case step.Longer != nil && length > int(step.Longer.Above):
		return step.Longer.Frequencies, true, false
	case dynamic != nil && length > int(dynamic.OriginalLength):
		return &archpb.Frequencies{InvFreq: stretched(dynamic, length, len(f.InvFreq)), Magnitude: f.Magnitude}, false, true
	}
	return f, false, false
}

// stretched is arch.proto's formula of DynamicNTK.
func stretched(d *archpb.DynamicNTK, length, n int) []float64 {
	theta := d.Theta * math.Pow(d.Factor*float64(length)/float64(d.OriginalLength)-d.Factor+1, float64(n)/float64(n-1))
	inv := make([]float64, n)
	for i := range inv {
		inv[i] = math.Pow(theta, -float64(i)/float64(n))
	}
	return inv
}

// rotation has the given number of positions from first on. It rounds where torch
// does: the frequency and its product with the position are float32.
func (r *rotations) rotation(f *archpb.Frequencies, first, rows int) rotation {
	n := len(f.InvFreq)
	inv := make([]float32, n)
	for i, v := range f.InvFreq {
		inv[i] = float32(v)
		if f.Divisors != "" {
			inv[i] /= r.divisors[f.Divisors][i]
		}
	}
	magnitude := float32(1)
	if f.Magnitude != 0 {
		magnitude = float32(f.Magnitude)
	}
	t := rotation{make([]float32, rows*n), make([]float32, rows*n), n}
	for pos := range rows {
		for i, v := range inv {
			sin, cos := math.Sincos(float64(float32(first+pos) * v))
			t.cos[pos*n+i] = float32(cos) * magnitude
			t.sin[pos*n+i] = float32(sin) * magnitude
		}
	}
	return t
}

// elements is the number of entries of a shape.
func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// headInputs are the nodes that the head's graphs share: a chunk of the vocabulary
// against the rows of one seed.
type headInputs struct {
	h, u, bias *graph.Node // [rows, width], [chunk, width], [chunk] or nil
	z, logits  *graph.Node // [rows, chunk], before and after the steps that follow
}

// lowerChunk builds the logits of one chunk.
func (h *head) lowerChunk(g *graph.Graph, rows, chunk int, fused bool) (headInputs, error) {
	width := int(h.unembed.In)
	in := headInputs{
		h: graph.Parameter(g, "h", floats(rows, width)),
		u: graph.Parameter(g, "u", floats(chunk, width)),
	}
	in.z = graph.DotGeneral(in.h, []int{1}, nil, in.u, []int{1}, nil)
	if h.unembed.Module.Bias {
		in.bias = graph.Parameter(g, "bias", floats(chunk))
		in.z = graph.Add(in.z, spread(in.bias, in.z, 1))
	}
	l := &lowering{values: map[string]*graph.Node{}, previous: in.z, fused: fused}
	for _, step := range h.after {
		out, err := l.apply(step, []*graph.Node{l.previous})
		if err != nil {
			return in, err
		}
		l.previous = out[0]
	}
	in.logits = l.previous
	return in, nil
}

// logitsGraph gives a chunk's logits.
func (d *device) logitsGraph(h *head, rows, chunk int) (*executable, error) {
	return d.graphs.get(graphKey{"logits", h.before, [4]int{rows, chunk}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			in, err := h.lowerChunk(g, rows, chunk, d.fused)
			return []*graph.Node{in.logits}, err
		})
	})
}

// lossGraph carries the logarithm of the sum of exponentials and the label's logit
// from chunk to chunk: (..., label, lse, picked) -> (lse, picked). A label is
// counted from the chunk's first entry and lies elsewhere when out of its range. With
// best it also gives each row's largest logit in the chunk and the first entry that has
// it.
func (d *device) lossGraph(h *head, rows, chunk int, best bool) (*executable, error) {
	kind := "loss"
	if best {
		kind = "loss and best"
	}
	return d.graphs.get(graphKey{kind, h.before, [4]int{rows, chunk}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			in, err := h.lowerChunk(g, rows, chunk, d.fused)
			if err != nil {
				return nil, err
			}
			label := graph.Parameter(g, "label", shapes.Make(dtypes.Int32, rows))
			lse := graph.Parameter(g, "lse", floats(rows))
			picked := graph.Parameter(g, "picked", floats(rows))

			p, here := chunkSoftmax(in.logits, d.fused)
			here = graph.Add(here, graph.Log(rowSums(p, d.fused)))
			most := graph.Max(lse, here)
			lse = graph.Add(most, graph.Log(graph.Add(
				graph.Exp(graph.Sub(lse, most)), graph.Exp(graph.Sub(here, most)))))
			hit := graph.Where(oneHot(label, in.logits), in.logits, graph.ZerosLike(in.logits))
			outputs := []*graph.Node{lse, graph.Add(picked, sumOfRows(hit))}
			if best {
				// A chunk has fewer entries than float32 has whole numbers.
				first := graph.ConvertDType(graph.ArgMax(in.logits, 1), dtypes.Float32)
				outputs = append(outputs, graph.ReduceMax(in.logits, 1), first)
			}
			return outputs, nil
		})
	})
}

// headPasses is how often the way back multiplies the unembedding with a seed, about.
func headPasses(dW bool) float64 {
	if dW {
		return 4
	}
	return 3
}

// headGradientGraph is the way back from the loss through one chunk: (..., label, lse,
// share, dh) -> (dh [, dz [rows, chunk]]). share is the part of the loss that a row has: 1
// over the seed's counted tokens, 0 for padding. dh grows by the chunk's part.
func (d *device) headGradientGraph(h *head, rows, chunk int, dW bool) (*executable, error) {
	kind := "head dh"
	if dW {
		kind = "head"
	}
	return d.graphs.get(graphKey{kind, h.before, [4]int{rows, chunk}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			in, err := h.lowerChunk(g, rows, chunk, d.fused)
			if err != nil {
				return nil, err
			}
			label := graph.Parameter(g, "label", shapes.Make(dtypes.Int32, rows))
			lse := graph.Parameter(g, "lse", floats(rows))
			share := graph.Parameter(g, "share", floats(rows))

			p, here := chunkSoftmax(in.logits, d.fused)
			p = graph.Mul(p, spread(graph.Exp(graph.Sub(here, lse)), p, 0))
			dz := graph.Sub(p, graph.ConvertDType(oneHot(label, p), dtypes.Float32))
			dz = graph.Mul(dz, spread(share, dz, 0))
			if len(h.after) > 0 {
				dz = graph.Gradient(graph.ReduceAllSum(graph.Mul(in.logits, graph.StopGradient(dz))), in.z)[0]
			}
			dh := graph.Parameter(g, "dh", in.h.Shape())
			outputs := []*graph.Node{graph.Add(dh, graph.DotGeneral(dz, []int{1}, nil, in.u, []int{0}, nil))}
			if dW {
				outputs = append(outputs, dz)
			}
			return outputs, nil
		})
	})
}

// chunkSoftmax is the softmax over a chunk alone and the logarithm of the sum of
// exponentials that it divided by: a backend may add some thousand small terms to a
// large one and lose in the fifth digit. The softmax's own sum tells what it lost.
func chunkSoftmax(logits *graph.Node, fused bool) (p, lse *graph.Node) {
	most := graph.ReduceMax(logits, 1)
	p = softmax(logits, fused)
	// The largest logit's share is exp(0) / sum.
	return p, graph.Sub(most, graph.Log(graph.ReduceMax(p, 1)))
}

// rowSums adds up each row in two steps, for accuracy. Pure Go does so by itself.
func rowSums(x *graph.Node, fused bool) *graph.Node {
	if fused {
		return sumOfRows(x)
	}
	const step = 64
	rows, n := x.Shape().Dim(0), x.Shape().Dim(1)
	whole := n / step * step
	var sum *graph.Node
	if whole > 0 {
		blocks := graph.Reshape(graph.SliceAxis(x, 1, graph.AxisRange(0, whole)), rows*(whole/step), step)
		sum = sumOfRows(graph.Reshape(sumOfRows(blocks), rows, whole/step))
	}
	if whole < n {
		rest := sumOfRows(graph.SliceAxis(x, 1, graph.AxisRange(whole, n)))
		if sum == nil {
			return rest
		}
		sum = graph.Add(sum, rest)
	}
	return sum
}

// oneHot is true where a column is the row's label.
func oneHot(label, like *graph.Node) *graph.Node {
	shape := shapes.Make(dtypes.Int32, like.Shape().Dimensions...)
	// A row: pure Go repeats it as it compares.
	columns := graph.Iota(label.Graph(), shapes.Make(dtypes.Int32, 1, shape.Dim(1)), 1)
	return graph.Equal(graph.BroadcastToShape(columns, shape), graph.BroadcastToShape(graph.InsertAxes(label, 1), shape))
}

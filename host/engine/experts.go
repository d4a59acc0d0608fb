package engine

import (
	"maps"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// experts is the sum of the experts' bodies, each weighted by the router. Every
// expert runs on every token, and the weight of one that was not chosen is zero:
// exact, and the same graph for any routing.
func (l *lowering) experts(s *archpb.Experts, x *graph.Node) (*graph.Node, error) {
	weights := route(l.linear(s.Router, x), int(s.TopK), s.Renormalize)
	var sum *graph.Node
	for e := range int(s.Count) {
		body := &lowering{
			values:   maps.Clone(l.values),
			previous: x, params: l.params, tables: l.tables,
			expert: e, fused: l.fused, leaf: l.leaf, linears: l.linears, vectors: l.vectors,
		}
		body.values["x"] = x
		if err := body.run(s.Body); err != nil {
			return nil, err
		}
		l.tables = body.tables
		y := body.previous
		w := graph.SliceAxis(weights, 1, graph.AxisRange(e, e+1))
		y = graph.Mul(y, graph.BroadcastToShape(w, y.Shape()))
		if sum == nil {
			sum = y
		} else {
			sum = graph.Add(sum, y)
		}
	}
	return sum, nil
}

// route gives each token's weight for each expert, [T, experts]: the softmax over
// all of them, zero but for the k largest; equal ones are taken in order.
func route(logits *graph.Node, k int, renormalize bool) *graph.Node {
	p := softmax(logits, false)
	tokens, n := p.Shape().Dim(0), p.Shape().Dim(1)
	// before[t, i, j]: is expert j taken before expert i? That is so when its p is
	// larger, or as large and j < i.
	fixed := graph.StopGradient(p)
	mine := graph.BroadcastToDims(graph.Reshape(fixed, tokens, n, 1), tokens, n, n)
	other := graph.BroadcastToDims(graph.Reshape(fixed, tokens, 1, n), tokens, n, n)
	earlier := make([][]bool, n)
	for i := range earlier {
		earlier[i] = make([]bool, n)
		for j := range i {
			earlier[i][j] = true
		}
	}
	tie := graph.BroadcastToDims(graph.Reshape(graph.Const(p.Graph(), earlier), 1, n, n), tokens, n, n)
	before := graph.LogicalOr(graph.GreaterThan(other, mine), graph.LogicalAnd(graph.Equal(other, mine), tie))
	rank := graph.ReduceSum(graph.ConvertDType(before, dtypes.Float32), 2)
	chosen := graph.LessThan(rank, graph.Const(p.Graph(), float32(k)))
	p = graph.Mul(p, graph.ConvertDType(chosen, dtypes.Float32))
	if renormalize {
		p = graph.Mul(p, graph.BroadcastToShape(graph.Reciprocal(graph.ReduceAndKeep(p, graph.ReduceSum, 1)), p.Shape()))
	}
	return p
}

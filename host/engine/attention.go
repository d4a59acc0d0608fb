package engine

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// masked is added to the scores that a position must not see. Finite, so that no
// infinity meets a zero on the way back, and far below any score.
const masked = -1e30

// attention is causal attention of q [T, heads*dim] over k and v [T, kv*dim].
// The query heads that share a key head are one matrix of [heads/kv * T, dim].
func (l *lowering) attention(s *archpb.Attention, q, k, v *graph.Node) *graph.Node {
	tokens := q.Shape().Dim(0)
	heads, kv, dim := int(s.Heads), int(s.KvHeads), int(s.HeadDim)
	q = graph.Reshape(byHead(q, heads, dim), kv, heads/kv*tokens, dim)
	k, v = byHead(k, kv, dim), byHead(v, kv, dim)

	q = graph.MulScalar(q, s.Scale)
	scores := graph.DotGeneral(q, []int{2}, []int{0}, k, []int{2}, []int{0})
	if s.Softcap != 0 {
		scores = softcap(scores, s.Softcap)
	}
	scores = graph.Reshape(scores, heads, tokens, tokens)
	scores = graph.Add(scores, graph.BroadcastToShape(
		graph.InsertAxes(causalMask(q.Graph(), tokens, int(s.Window), l.segments), 0), scores.Shape()))
	if len(s.AlibiSlopes) > 0 {
		scores = graph.Add(scores, alibi(q.Graph(), s.AlibiSlopes, tokens))
	}
	p := softmax(scores, l.fused)
	p = graph.Reshape(p, kv, heads/kv*tokens, tokens)
	out := graph.DotGeneral(p, []int{2}, []int{0}, v, []int{1}, []int{0})
	out = graph.TransposeAllAxes(graph.Reshape(out, heads, tokens, dim), 1, 0, 2)
	return graph.Reshape(out, tokens, heads*dim)
}

// byHead is [T, n*dim] -> [n, T, dim].
func byHead(x *graph.Node, n, dim int) *graph.Node {
	return graph.TransposeAllAxes(graph.Reshape(x, x.Shape().Dim(0), n, dim), 1, 0, 2)
}

// causalMask is [T, T]: 0 where row i may see row j, else masked. A row sees rows of
// its own segment only.
func causalMask(g *graph.Graph, tokens, window int, segments *graph.Node) *graph.Node {
	square := shapes.Make(dtypes.Int32, tokens, tokens)
	// A column and a row: pure Go repeats them as it compares.
	i := graph.BroadcastToShape(graph.Iota(g, shapes.Make(dtypes.Int32, tokens, 1), 0), square)
	j := graph.BroadcastToShape(graph.Iota(g, shapes.Make(dtypes.Int32, 1, tokens), 1), square)
	seen := graph.LessOrEqual(j, i)
	if window > 0 {
		seen = graph.LogicalAnd(seen, graph.LessThan(graph.Sub(i, j), graph.Const(g, int32(window))))
	}
	if segments != nil {
		seen = graph.LogicalAnd(seen, graph.Equal(
			graph.BroadcastToShape(graph.InsertAxes(segments, 1), square), graph.BroadcastToShape(graph.InsertAxes(segments, 0), square)))
	}
	full := shapes.Make(dtypes.Float32, tokens, tokens)
	return graph.Where(seen, graph.Zeros(g, full), graph.FillScalar(g, full, masked))
}

// alibi is [heads, T, T]: -slope * (i - j).
func alibi(g *graph.Graph, slopes []float64, tokens int) *graph.Node {
	heads := make([]float32, len(slopes))
	for h, slope := range slopes {
		heads[h] = float32(slope)
	}
	square := shapes.Make(dtypes.Float32, tokens, tokens)
	distance := graph.Sub(graph.Iota(g, square, 1), graph.Iota(g, square, 0))
	shape := shapes.Make(dtypes.Float32, len(slopes), tokens, tokens)
	perHead := graph.BroadcastToShape(graph.InsertAxes(graph.Const(g, heads), 1, 1), shape)
	return graph.Mul(perHead, graph.BroadcastToShape(graph.InsertAxes(distance, 0), shape))
}

// softmax is over the last axis.
func softmax(x *graph.Node, fused bool) *graph.Node {
	axis := x.Rank() - 1
	if fused {
		return graph.BackendFusedSoftmax(x, axis)
	}
	most := graph.StopGradient(graph.ReduceAndKeep(x, graph.ReduceMax, axis))
	e := graph.Exp(graph.Sub(x, graph.BroadcastToShape(most, x.Shape())))
	sum := graph.Reciprocal(graph.ReduceAndKeep(e, graph.ReduceSum, axis))
	return graph.Mul(e, graph.BroadcastToShape(sum, x.Shape()))
}

// GoMLX v0.28.2 has no gradient for the pure Go backend's fused softmax, which is
// several times faster than its parts. Its own Softmax takes the gradient of the
// parts instead and so computes both. This is the closed form, for the last axis:
// dx = p * (dp - sum(p * dp)).
func init() {
	graph.VJPRegistration[graph.NodeTypeFusedSoftmax] = func(p *graph.Node, dp []*graph.Node, _ shapes.Shape) []*graph.Node {
		shape := p.Shape()
		rows := func(x *graph.Node) *graph.Node { return graph.Reshape(x, shape.Size()/shape.Dim(-1), shape.Dim(-1)) }
		flat, pdp := rows(p), rows(graph.Mul(p, dp[0]))
		sum := sumOfRows(pdp)
		return []*graph.Node{graph.ReshapeWithShape(graph.Sub(pdp, graph.Mul(flat, spread(sum, flat, 0))), shape)}
	}
}

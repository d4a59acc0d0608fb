package engine

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// prefillGraph is forwardGraph that also gives the keys and values of each attention
// step, [tokens, heads*dim].
func (d *device) prefillGraph(p *program, tokens int) (*executable, error) {
	return d.graphs.get(graphKey{"prefill", p, [4]int{tokens}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			var kept []*graph.Node
			b, err := p.lowerWith(g, tokens, d, d.segmented(p), nil, func() attendFunc {
				return func(l *lowering, s *archpb.Attention, q, k, v *graph.Node) *graph.Node {
					kept = append(kept, k, v)
					return l.attention(s, q, k, v)
				}
			})
			if err != nil {
				return nil, err
			}
			return append([]*graph.Node{b.output}, kept...), nil
		})
	})
}

// decodeGraph runs a token of each slot: (input, tables, params, positions, keys and
// values of each attention step) to the output and the tokens' own keys and values.
func (d *device) decodeGraph(p *program, slots, capacity int) (*executable, error) {
	return d.graphs.get(graphKey{"decode", p, [4]int{slots, capacity}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			var kept []*graph.Node
			b, err := p.lowerWith(g, slots, d, false, nil, func() attendFunc {
				if len(p.attentions) == 0 {
					return nil
				}
				positions := graph.Parameter(g, "positions", shapes.Make(dtypes.Int32, slots))
				var caches []*graph.Node
				for _, s := range p.attentions {
					for _, name := range []string{"keys", "values"} {
						caches = append(caches, graph.Parameter(g, fmt.Sprint(name, " ", len(caches)), floats(slots*int(s.KvHeads), capacity, int(s.HeadDim))))
					}
				}
				return func(l *lowering, s *archpb.Attention, q, k, v *graph.Node) *graph.Node {
					kept = append(kept, k, v)
					past := caches[:2]
					caches = caches[2:]
					return l.attendCached(s, q, k, v, past[0], past[1], positions)
				}
			})
			if err != nil {
				return nil, err
			}
			return append([]*graph.Node{b.output}, kept...), nil
		})
	})
}

// keepGraph puts a row of each slot into a cache, at its position: (cache, rows,
// positions) -> cache.
func (d *device) keepGraph(slots, heads, capacity, dim int) (*executable, error) {
	return d.graphs.get(graphKey{"keep", nil, [4]int{slots, heads, capacity, dim}}, func(name string) (*executable, error) {
		return d.compile(name, func(g *graph.Graph) ([]*graph.Node, error) {
			shape := floats(slots*heads, capacity, dim)
			cache := graph.Parameter(g, "cache", shape)
			rows := graph.Parameter(g, "rows", floats(slots, heads*dim))
			positions := graph.Parameter(g, "positions", shapes.Make(dtypes.Int32, slots))
			places := shapes.Make(dtypes.Int32, slots, heads, capacity, dim)
			here := graph.Equal(graph.Iota(g, places, 2), graph.BroadcastToShape(graph.Reshape(positions, slots, 1, 1, 1), places))
			rows = graph.BroadcastToShape(graph.Reshape(rows, slots*heads, 1, dim), shape)
			return []*graph.Node{graph.Where(graph.Reshape(here, slots*heads, capacity, dim), rows, cache)}, nil
		})
	})
}

// attendCached is attention of one token of each slot, q [slots, heads*dim], k and v
// [slots, kv*dim], over the slot's cache [slots*kv, capacity, dim] and itself. A slot
// whose position is p sees the cache's first p rows.
func (l *lowering) attendCached(s *archpb.Attention, q, k, v, keys, values, positions *graph.Node) *graph.Node {
	g := q.Graph()
	slots, capacity := q.Shape().Dim(0), keys.Shape().Dim(1)
	heads, kv, dim := int(s.Heads), int(s.KvHeads), int(s.HeadDim)
	q = graph.MulScalar(graph.Reshape(q, slots*kv, heads/kv, dim), s.Scale)
	k, v = graph.Reshape(k, slots*kv, 1, dim), graph.Reshape(v, slots*kv, 1, dim)
	scores := graph.Concatenate([]*graph.Node{
		graph.DotGeneral(q, []int{2}, []int{0}, keys, []int{2}, []int{0}),
		graph.DotGeneral(q, []int{2}, []int{0}, k, []int{2}, []int{0}),
	}, 2)
	if s.Softcap != 0 {
		scores = softcap(scores, s.Softcap)
	}
	places := shapes.Make(dtypes.Int32, slots, capacity+1)
	distance := distances(g, positions, places)
	far := graph.Const(g, int32(capacity+1))
	if s.Window > 0 && int(s.Window) <= capacity {
		far = graph.Const(g, int32(s.Window))
	}
	seen := graph.LogicalAnd(graph.GreaterOrEqual(distance, graph.Const(g, int32(0))), graph.LessThan(distance, far))
	full := floats(slots, capacity+1)
	mask := graph.Where(seen, graph.Zeros(g, full), graph.FillScalar(g, full, masked))
	shape := floats(slots, heads, capacity+1)
	scores = graph.Add(graph.Reshape(scores, slots, heads, capacity+1), graph.BroadcastToShape(graph.InsertAxes(mask, 1), shape))
	if len(s.AlibiSlopes) > 0 {
		slopes := make([]float32, heads)
		for h, slope := range s.AlibiSlopes {
			slopes[h] = -float32(slope)
		}
		scores = graph.Add(scores, graph.Mul(
			graph.BroadcastToShape(graph.Reshape(graph.Const(g, slopes), 1, heads, 1), shape),
			graph.BroadcastToShape(graph.InsertAxes(graph.ConvertDType(distance, dtypes.Float32), 1), shape)))
	}
	p := graph.Reshape(softmax(scores, l.fused), slots*kv, heads/kv, capacity+1)
	out := graph.Add(
		graph.DotGeneral(graph.SliceAxis(p, 2, graph.AxisRange(0, capacity)), []int{2}, []int{0}, values, []int{1}, []int{0}),
		graph.DotGeneral(graph.SliceAxis(p, 2, graph.AxisRange(capacity, capacity+1)), []int{2}, []int{0}, v, []int{1}, []int{0}))
	return graph.Reshape(out, slots, heads*dim)
}

// distances is how far each place of a slot's cache lies behind its token: negative
// where no token is yet. The last place, behind the cache, is the token itself.
func distances(g *graph.Graph, positions *graph.Node, places shapes.Shape) *graph.Node {
	place := graph.Iota(g, places, 1)
	behind := graph.Sub(graph.BroadcastToShape(graph.InsertAxes(positions, 1), places), place)
	// The place of the token's position is still empty.
	behind = graph.Where(graph.GreaterThan(behind, graph.ZerosLike(behind)), behind, graph.FillScalar(g, places, -1))
	last := graph.Equal(place, graph.FillScalar(g, places, float64(places.Dim(1)-1)))
	return graph.Where(last, graph.ZerosLike(behind), behind)
}

package engine

import "github.com/gomlx/gomlx/core/graph"

// reverse gives the gradients of sum(output * dy) with respect to the product y of every
// linear map, and to other nodes. The linear maps' ys must be leaves (see leaves).
//
// It goes from linear map to linear map, level by level: all gradients of a level's ys are
// known when those of the maps behind them are, as what comes from dx = dy W of these and
// from the output. GoMLX's Gradient alone would go through the maps by itself, but then
// their ys could not be given: a node's value and its gradient's way come together.
func (b *lowered) reverse(dy *graph.Node, others []*graph.Node) (ys, rest []*graph.Node) {
	total := carry(b.output, dy)
	levels := b.levels()
	ys = make([]*graph.Node, len(b.linears))
	for len(levels) > 0 {
		level := levels[len(levels)-1]
		levels = levels[:len(levels)-1]
		var wrt []*graph.Node
		for _, i := range level {
			wrt = append(wrt, b.linears[i].y)
		}
		for j, dy := range graph.Gradient(total, wrt...) {
			i := level[j]
			ys[i] = dy
			l := b.linears[i]
			total = graph.Add(total, carry(l.x, graph.DotGeneral(dy, []int{1}, nil, l.w, []int{0}, nil)))
		}
	}
	return ys, graph.Gradient(total, others...)
}

// carry is a scalar whose gradient with respect to x is dx. Its value is never computed.
func carry(x, dx *graph.Node) *graph.Node {
	return graph.ReduceAllSum(graph.IdentityWithCustomGradient(x, func(_, _ *graph.Node) *graph.Node { return dx }))
}

// levels are the linear maps in order: an x depends on ys of levels before its own only.
func (b *lowered) levels() [][]int {
	var levels [][]int
	behind := make(map[*graph.Node]int) // the levels that a node depends on
	for i, l := range b.linears {
		level := depth(l.x, behind)
		if level == len(levels) {
			levels = append(levels, nil)
		}
		levels[level] = append(levels[level], i)
		behind[l.y] = level + 1
	}
	return levels
}

// depth is the most that a node's inputs have in known, which it fills.
func depth(n *graph.Node, known map[*graph.Node]int) int {
	if d, ok := known[n]; ok {
		return d
	}
	d := 0
	for _, in := range n.Inputs() {
		d = max(d, depth(in, known))
	}
	known[n] = d
	return d
}

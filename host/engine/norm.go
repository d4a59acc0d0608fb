package engine

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// norm is x / sqrt(mean(x^2) + eps), with the mean taken off first for a layer
// norm, times (weight + offset), plus bias. Where the norm is narrower than x, as
// on the heads of q and k, each run of its width is normed by itself; all runs have
// one weight, or with groups each has its own.
func (l *lowering) norm(s *archpb.Norm, x *graph.Node) *graph.Node {
	shape := x.Shape()
	width := int(s.Width)
	if width == 0 {
		width = shape.Dim(1)
	}
	x = graph.Reshape(x, shape.Size()/width, width)
	if s.Kind == archpb.Norm_KIND_LAYER {
		mean := graph.MulScalar(sumOfRows(x), 1/float64(width))
		x = graph.Sub(x, spread(mean, x, 0))
	}
	square := graph.MulScalar(sumOfRows(graph.Mul(x, x)), 1/float64(width))
	inverse := graph.Reciprocal(graph.Sqrt(graph.AddScalar(square, s.Eps)))
	x = graph.Mul(x, spread(inverse, x, 0))
	if s.Groups != 0 {
		x = graph.ReshapeWithShape(x, shape)
	}
	if s.Module != nil {
		x = graph.Mul(x, l.vector(s.Module.Path, false, s.Offset, x))
		if s.Module.Bias {
			x = graph.Add(x, l.vector(s.Module.Path, true, 0, x))
		}
	}
	return graph.ReshapeWithShape(x, shape)
}

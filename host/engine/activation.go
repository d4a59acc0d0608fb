package engine

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// activate applies an activation elementwise. Gradients at a kink are torch's.
func activate(f archpb.Activation_Function, x *graph.Node) (*graph.Node, error) {
	switch f {
	case archpb.Activation_FUNCTION_SILU:
		return graph.Mul(x, graph.Logistic(x)), nil
	case archpb.Activation_FUNCTION_GELU:
		// x/2 * (1 + erf(x / sqrt 2))
		return graph.Mul(graph.MulScalar(x, 0.5), graph.OnePlus(graph.Erf(graph.MulScalar(x, math.Sqrt2/2)))), nil
	case archpb.Activation_FUNCTION_GELU_TANH:
		// x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
		cube := graph.MulScalar(graph.Mul(x, graph.Mul(x, x)), 0.044715)
		inner := graph.MulScalar(graph.Add(x, cube), math.Sqrt(2/math.Pi))
		return graph.Mul(graph.MulScalar(x, 0.5), graph.OnePlus(graph.Tanh(inner))), nil
	case archpb.Activation_FUNCTION_RELU:
		return relu(x), nil
	case archpb.Activation_FUNCTION_RELU2:
		r := relu(x)
		return graph.Mul(r, r), nil
	case archpb.Activation_FUNCTION_SIGMOID:
		return graph.Logistic(x), nil
	case archpb.Activation_FUNCTION_TANH:
		return graph.Tanh(x), nil
	}
	return nil, fmt.Errorf("unknown activation %v", f)
}

// relu passes no gradient at 0, as torch does; GoMLX's Max passes it there.
func relu(x *graph.Node) *graph.Node {
	return graph.Where(graph.GreaterThan(x, graph.ZerosLike(x)), x, graph.ZerosLike(x))
}

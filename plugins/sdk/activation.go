package sdk

import "github.com/neuralnuggets/nugget/plugins/arch/archpb"

// Activation reads an activation's name as transformers' ACT2FN (activations.py)
// spells them.
func (c *Config) Activation(key, missing string) archpb.Activation_Function {
	name := c.String(key, missing)
	switch name {
	case "silu", "swish":
		return archpb.Activation_FUNCTION_SILU
	case "gelu", "gelu_python":
		return archpb.Activation_FUNCTION_GELU
	case "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_new", "gelu_fast", "gelu_accurate":
		return archpb.Activation_FUNCTION_GELU_TANH
	case "relu":
		return archpb.Activation_FUNCTION_RELU
	case "relu2":
		return archpb.Activation_FUNCTION_RELU2
	case "sigmoid":
		return archpb.Activation_FUNCTION_SIGMOID
	case "tanh":
		return archpb.Activation_FUNCTION_TANH
	}
	c.fail(key, "is %q, expected one of silu, gelu, gelu_pytorch_tanh, relu, relu2, sigmoid, tanh or their aliases", name)
	return 0
}

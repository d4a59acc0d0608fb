package sdk

import (
	"math"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// RopeDefaults is what a family's classes know about RoPE that a configuration
// need not say.
type RopeDefaults struct {
	HeadDim      int
	Theta        float64 // the class's default_theta; 0: 10000
	MaxPositions int     // max_position_embeddings, its default filled in
	Partial      float64 // the class's partial_rotary_factor; 0: 1
	// WholeHead says that the family's default RoPE rotates the whole head whatever
	// partial_rotary_factor says, as LLaMA's does; the other types then refuse one
	// that is not 1, for transformers cannot run such a model.
	WholeHead bool
	// LayerType picks the entry of a configuration that has RoPE a type of layer, as
	// Gemma3TextConfig reads it: "full_attention", to which rope_scaling belongs, or
	// "sliding_attention".
	LayerType string
	// ThetaKey is the key of theta beside the parameters; "": rope_theta.
	ThetaKey string
	// OwnTheta says that theta stands in the parameters only.
	OwnTheta bool
	// PartialKey is the key of the rotated part beside the parameters; "":
	// partial_rotary_factor.
	PartialKey string
	// RoundUp says that of an odd number of entries to rotate the family rotates one
	// more, as GPT-NeoX does; others cannot run such a model.
	RoundUp bool
	// OriginalPositions is the class's original_max_position_embeddings, which stands
	// beside the parameters; 0: it has none of its own.
	OriginalPositions int
	// OnlyLongRope says that the class takes the types default and longrope alone, and
	// "su" and "yarn" for older names of the latter, as Phi3Config does.
	OnlyLongRope bool
}

// Rope reads a configuration's RoPE and computes its frequencies, rounded to
// float32 at every step as transformers 5.24 computes them (modeling_rope_utils.py).
// It knows the types default, linear, dynamic, yarn, longrope and llama3, written in
// rope_scaling (with "type" or "rope_type") beside rope_theta, or in
// rope_parameters. An unknown type is an error that names it.
func (c *Config) Rope(d RopeDefaults) *archpb.Rope {
	r := c.ropeParameters(d)
	if c.Err() != nil {
		return nil
	}
	rope := &archpb.Rope{HeadDim: u32(d.HeadDim)}
	kind := r.kind
	if !r.rotates(d) {
		c.fail("head_dim", "is %d, of which RoPE rotates %d entries, expected an even number of 2 to %d%s", d.HeadDim, r.dim, maxHeadDim, r.because)
		return nil
	}
	switch kind {
	case "default":
		rope.Frequencies = frequencies(inverse(r.theta, r.dim), 1)
	case "linear":
		rope.Frequencies = frequencies(r.linear(), 1)
	case "llama3":
		rope.Frequencies = frequencies(r.llama3(), 1)
	case "dynamic":
		r.dynamic(rope)
	case "yarn":
		rope.Frequencies = frequencies(r.yarn())
	case "longrope":
		r.longrope(rope)
	default:
		c.failType(r, "default", "linear", "dynamic", "yarn", "longrope", "llama3")
	}
	if c.Err() != nil {
		return nil
	}
	return rope
}

// PlainRope is RoPE of the first entries of each head as its paper has it, for classes
// whose configuration knows no other. The frequencies are rounded as [Config.Rope]'s.
func PlainRope(headDim, entries int, theta float64) *archpb.Rope {
	return &archpb.Rope{HeadDim: u32(headDim), Frequencies: frequencies(inverse(theta, entries), 1)}
}

func (c *Config) failType(r ropeConfig, types ...string) {
	c.fail(r.where, "has rope_type %q, expected one of %s", r.kind, strings.Join(types, ", "))
}

// rotates reports whether so many entries can be rotated.
func (r ropeConfig) rotates(d RopeDefaults) bool {
	if r.dim > maxHeadDim || r.dim < 1 {
		return false
	}
	odd := r.dim%2 != 0
	// Of the other types transformers computes frequencies that do not fit.
	return !odd || d.RoundUp && r.dim < d.HeadDim && (r.kind == "default" || r.kind == "linear" || r.kind == "llama3")
}

// required reads a positive number that transformers does not do without.
func (r ropeConfig) required(key string) float64 {
	if !r.Has(key) {
		r.fail(key, "is missing, expected a number, with rope_type %q", r.kind)
		return 1
	}
	v := r.Float(key, 0)
	if !(v > 0) {
		r.fail(key, "is %v, expected a positive number", v)
	}
	return v
}

// factors reads a list of one number a frequency.
func (r ropeConfig) factors(key string) []float32 {
	list := r.Floats(key)
	if len(list) != r.dim/2 {
		r.fail(key, "has %d numbers, expected %d, half of the rotated entries%s", len(list), r.dim/2, r.because)
		return make([]float32, r.dim/2)
	}
	out := make([]float32, len(list))
	for i, v := range list {
		if !(v > 0) {
			r.fail(key, "has %v, expected positive numbers", v)
		}
		out[i] = float32(v)
	}
	return out
}

// powers is theta^(2i/dim) for 2i = 0, 2, .. below dim, in float32.
func powers(theta float64, dim int) []float32 {
	p := make([]float32, (dim+1)/2)
	for i := range p {
		exponent := float32(2*i) / float32(dim)
		p[i] = float32(math.Pow(float64(float32(theta)), float64(exponent)))
	}
	return p
}

// inverse is the frequencies of plain RoPE (arXiv 2104.09864, section 3.2.2).
func inverse(theta float64, dim int) []float32 {
	f := powers(theta, dim)
	for i := range f {
		f[i] = 1 / f[i]
	}
	return f
}

func frequencies(inv []float32, magnitude float64) *archpb.Frequencies {
	f := &archpb.Frequencies{InvFreq: make([]float64, len(inv))}
	for i, v := range inv {
		f.InvFreq[i] = float64(v)
	}
	if magnitude != 1 {
		f.Magnitude = magnitude
	}
	return f
}

// number is a number for a message.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

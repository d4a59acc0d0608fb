package arch

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// op checks one step's numbers and returns the widths that it gives.
func (f *flow) op(step *archpb.Step, in []*value) ([]int, error) {
	if _, embed := step.Op.(*archpb.Step_Embed); !embed {
		for i, v := range in {
			if v.index {
				return nil, fmt.Errorf("in: %q is an index, which only an embedding reads", step.In[i])
			}
		}
	}
	switch op := step.Op.(type) {
	case *archpb.Step_Attention:
		return attention(op.Attention, in)
	case *archpb.Step_Combine:
		return combine(op.Combine, in)
	case *archpb.Step_Join:
		return join(in)
	}
	if len(in) != 1 {
		return nil, fmt.Errorf("in has %d values, expected one", len(in))
	}
	x := in[0]
	switch op := step.Op.(type) {
	case *archpb.Step_Embed:
		return f.embed(op.Embed, step.In)
	case *archpb.Step_Linear:
		return f.linear(op.Linear, x)
	case *archpb.Step_Norm:
		return f.norm(op.Norm, x)
	case *archpb.Step_Rope:
		return f.rope(op.Rope, x)
	case *archpb.Step_Activation:
		return activation(op.Activation, x)
	case *archpb.Step_Scale:
		by := op.Scale.GetBy()
		if by == 0 {
			return nil, fmt.Errorf("by is 0")
		}
		return []int{x.width}, finite("by", by)
	case *archpb.Step_Softcap:
		return []int{x.width}, positive("cap", op.Softcap.GetCap())
	case *archpb.Step_Split:
		return split(op.Split, x)
	case *archpb.Step_Experts:
		return f.experts(op.Experts, x)
	}
	return nil, fmt.Errorf("this host does not know the step %T", step.Op)
}

// allowed says where a kind of step may stand.
func (f *flow) allowed(step *archpb.Step) error {
	var ok bool
	switch step.Op.(type) {
	case *archpb.Step_Embed:
		ok = f.place == inPrologue
	case *archpb.Step_Rope, *archpb.Step_Attention, *archpb.Step_Experts:
		ok = f.place == inBlock
	case *archpb.Step_Scale, *archpb.Step_Softcap, *archpb.Step_Activation:
		ok = true
	default:
		// The logits are taken in parts of the vocabulary, so that what follows must
		// work on each by itself.
		if f.unembedded {
			return fmt.Errorf("only scale, softcap and activation may follow the unembedding")
		}
		ok = true
	}
	if !ok {
		return fmt.Errorf("a step of this kind cannot stand here")
	}
	return nil
}

func attention(a *archpb.Attention, in []*value) ([]int, error) {
	if len(in) != 3 {
		return nil, fmt.Errorf("in has %d values, expected q, k and v", len(in))
	}
	heads, err := size("heads", a.Heads)
	if err != nil {
		return nil, err
	}
	kv, err := size("kv_heads", a.KvHeads)
	if err != nil {
		return nil, err
	}
	dim, err := size("head_dim", a.HeadDim)
	if err != nil {
		return nil, err
	}
	if heads%kv != 0 {
		return nil, fmt.Errorf("%d heads are not a multiple of %d kv_heads", heads, kv)
	}
	for i, want := range []struct {
		name  string
		heads int
	}{{"q", heads}, {"k", kv}, {"v", kv}} {
		if width, ok := product(want.heads, dim); !ok || in[i].width != width {
			return nil, fmt.Errorf("%s has width %d, expected %d heads of %d", want.name, in[i].width, want.heads, dim)
		}
	}
	if n := len(a.AlibiSlopes); n != 0 && n != heads {
		return nil, fmt.Errorf("alibi_slopes has %d entries, expected one for each of %d heads", n, heads)
	}
	for _, slope := range a.AlibiSlopes {
		if err := finite("alibi slope", slope); err != nil {
			return nil, err
		}
	}
	if a.Window > maxSize {
		return nil, fmt.Errorf("window is %d, expected at most %d", a.Window, maxSize)
	}
	if err := positive("scale", a.Scale); err != nil {
		return nil, err
	}
	return []int{in[0].width}, notNegative("softcap", a.Softcap)
}

func combine(c *archpb.Combine, in []*value) ([]int, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("in has %d values, expected two or more", len(in))
	}
	widest := 0
	for _, v := range in {
		widest = max(widest, v.width)
	}
	for _, v := range in {
		broadcast := v.width == 1 && c.Kind == archpb.Combine_KIND_MULTIPLY
		if v.width != widest && !broadcast {
			return nil, fmt.Errorf("in has values of widths %d and %d, expected equal ones", widest, v.width)
		}
	}
	switch c.Kind {
	case archpb.Combine_KIND_ADD, archpb.Combine_KIND_MULTIPLY:
		return []int{widest}, nil
	}
	return nil, fmt.Errorf("unknown kind %v", c.Kind)
}

func activation(a *archpb.Activation, x *value) ([]int, error) {
	switch a.Function {
	case archpb.Activation_FUNCTION_SILU, archpb.Activation_FUNCTION_GELU, archpb.Activation_FUNCTION_GELU_TANH,
		archpb.Activation_FUNCTION_RELU, archpb.Activation_FUNCTION_RELU2,
		archpb.Activation_FUNCTION_SIGMOID, archpb.Activation_FUNCTION_TANH:
		return []int{x.width}, nil
	}
	return nil, fmt.Errorf("unknown function %v", a.Function)
}

func join(in []*value) ([]int, error) {
	if len(in) < 2 || len(in) > maxSteps {
		return nil, fmt.Errorf("in has %d values, expected two or more, at most %d", len(in), maxSteps)
	}
	sum := 0
	for _, v := range in {
		if sum += v.width; sum > maxSize {
			return nil, fmt.Errorf("in has values of more than %d entries together", maxSize)
		}
	}
	return []int{sum}, nil
}

func split(s *archpb.Split, x *value) ([]int, error) {
	widths, err := cut(s.Sizes, s.Groups, x.width)
	if err != nil {
		return nil, err
	}
	for i := range widths {
		widths[i] *= max(int(s.Groups), 1)
	}
	return widths, nil
}

// cut checks that groups x sum(sizes) is width, and returns the sizes.
func cut(sizes []uint32, groups uint32, width int) ([]int, error) {
	if len(sizes) < 2 || len(sizes) > maxSteps {
		return nil, fmt.Errorf("%d sizes, expected two or more", len(sizes))
	}
	n, err := size("groups", max(groups, 1))
	if err != nil {
		return nil, err
	}
	ints, sum := make([]int, len(sizes)), 0
	for i, s := range sizes {
		if ints[i], err = size("size", s); err != nil {
			return nil, err
		}
		if sum += ints[i]; sum > width {
			break
		}
	}
	if total, ok := product(n, sum); !ok || total != width {
		return nil, fmt.Errorf("%d groups of sizes %v do not make up the width %d", n, sizes, width)
	}
	return ints, nil
}

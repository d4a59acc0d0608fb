package arch_test

import (
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

// joined is plain with a norm of its own for each head of q: cut apart, normed and put
// together again.
func joined() (*archpb.Model, []arch.TensorHeader) {
	const l = "model.layers.{layer}."
	m, tensors := plain(), plainTensors()
	at := slices.Index(m.Blocks[0].Steps, in(m, "q rope"))
	names := []string{"q0", "q1", "q2", "q3"}
	steps := []sdk.Step{sdk.Split(1, dim, dim, dim, dim).As(names...)}
	for _, name := range names {
		steps = append(steps, sdk.RMSNorm(l+"norms."+name, dim, 1e-6).From(name).As("normed "+name))
		for _, layer := range []string{"0", "1"} {
			tensors = append(tensors, arch.TensorHeader{Name: "model.layers." + layer + ".norms." + name + ".weight", DType: "F32", Shape: []int{dim}})
		}
	}
	steps = append(steps, sdk.Join("normed q0", "normed q1", "normed q2", "normed q3"))
	m.Blocks[0].Steps = slices.Insert(m.Blocks[0].Steps, at, sdk.Program(steps...)...)
	return m, tensors
}

func TestNewTakesJoinedValues(t *testing.T) {
	m, tensors := joined()
	a, err := arch.New(m, tensors)
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Module("model.layers.1.norms.q3"); n == nil || n.Out != dim {
		t.Errorf("the last head's norm is %+v", n)
	}
	for _, c := range []struct {
		in   []string
		want string
	}{
		{[]string{"normed q0"}, "(join): in has 1 values, expected two or more"},
		{[]string{"normed q0", "normed q1", "normed q2"}, "q has width 12, expected 4 heads of 4"},
		{[]string{"normed q0", "none"}, `in: value "none" is not set before this step`},
		{slices.Repeat([]string{"q0"}, 1025), "in has 1025 values, expected two or more, at most 1024"},
	} {
		m, tensors := joined()
		for _, s := range m.Blocks[0].Steps {
			if s.GetJoin() != nil {
				s.In = c.in
			}
		}
		_, err := arch.New(m, tensors)
		wantError(t, err, c.want)
	}
}

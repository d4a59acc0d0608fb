package arch

import (
	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Untie gives a tied module its own weight back, the Copy that the checkpoint holds
// of it. It is for whoever has compared the two and found that they differ, as
// transformers does when it loads; call it before the Architecture is used. A module
// without a Copy stays as it is.
func (a *Architecture) Untie(m *Module) {
	if m.Copy == nil {
		return
	}
	m.Weight, m.TiedTo, m.Copy = *m.Copy, "", nil
	steps := make([]*archpb.Step, len(a.Epilogue))
	for i, step := range a.Epilogue {
		if l := step.GetLinear(); l != nil && l.Module.Path == m.Path {
			step = proto.CloneOf(step)
			step.GetLinear().Module.TiedTo = ""
		}
		steps[i] = step
	}
	a.Epilogue = steps
}

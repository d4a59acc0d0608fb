package sdk

import (
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Program lists steps in their order: a prologue or an epilogue.
func Program(steps ...Step) []*archpb.Step {
	out := make([]*archpb.Step, len(steps))
	for i, s := range steps {
		m := s.pb.ProtoReflect()
		s.pb.Kind = string(m.WhichOneof(m.Descriptor().Oneofs().ByName("op")).Name())
		out[i] = s.pb
	}
	return out
}

// Block is a layer's program, from "h" to "h". The name is for people.
func Block(name string, steps ...Step) *archpb.Block {
	return &archpb.Block{Name: name, Steps: Program(steps...)}
}

// Repeat is the layers of a model that runs one block n times.
func Repeat(n int) []uint32 { return slices.Repeat([]uint32{0}, n) }

// Modules calls visit for every module of a model, the experts' too, in order.
func Modules(m *archpb.Model, visit func(*archpb.Module)) {
	visitModules(m.Prologue, visit)
	for _, b := range m.Blocks {
		visitModules(b.Steps, visit)
	}
	visitModules(m.Epilogue, visit)
}

func visitModules(steps []*archpb.Step, visit func(*archpb.Module)) {
	for _, s := range steps {
		if x := s.GetExperts(); x != nil {
			visit(x.Router.Module)
			visitModules(x.Body, visit)
		} else if m := moduleOf(s); m != nil {
			visit(m)
		}
	}
}

// moduleOf is a step's module; nil: it has none.
func moduleOf(s *archpb.Step) *archpb.Module {
	switch op := s.Op.(type) {
	case *archpb.Step_Embed:
		return op.Embed.Module
	case *archpb.Step_Linear:
		return op.Linear.Module
	case *archpb.Step_Norm:
		return op.Norm.Module
	}
	return nil
}

// layout is a module's layout, made when it has none.
func layout(m *archpb.Module) *archpb.Layout {
	if m.Layout == nil {
		m.Layout = &archpb.Layout{}
	}
	return m.Layout
}

// TrimTensors names every module's tensors after its path without a prefix, as a
// checkpoint that was saved from the inner model has them.
func TrimTensors(m *archpb.Model, prefix string) {
	Modules(m, func(m *archpb.Module) {
		if rest, ok := strings.CutPrefix(m.Path, prefix); ok && m.Tensor == "" {
			m.Tensor = rest
		}
	})
}

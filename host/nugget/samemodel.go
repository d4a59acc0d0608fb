package main

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// sameModel compares what a plugin says of a GGUF file and of a HuggingFace folder: the
// same modules, the same programs, the same numbers but for the rounding of a float32.
// How tensors are named and lie on disk may differ.
func sameModel(gguf, folder *arch.Architecture) error {
	if len(gguf.Layers) != len(folder.Layers) {
		return fmt.Errorf("it has %d layers, the file %d", len(folder.Layers), len(gguf.Layers))
	}
	for _, m := range gguf.Modules {
		n := folder.Module(m.Path)
		switch {
		case n == nil:
			return fmt.Errorf("it has no module %s", m.Path)
		case n.Kind != m.Kind || n.Out != m.Out || n.In != m.In || (n.Bias == nil) != (m.Bias == nil) || n.FanInFanOut != m.FanInFanOut:
			return fmt.Errorf("%s is [%d, %d] there, and [%d, %d] in the file", m.Path, n.Out, n.In, m.Out, m.In)
		}
	}
	if len(gguf.Modules) != len(folder.Modules) {
		return fmt.Errorf("it has %d modules, the file %d", len(folder.Modules), len(gguf.Modules))
	}
	for i := range gguf.Layers {
		if err := samePrograms(fmt.Sprintf("layer %d", i), gguf.Block(i).Steps, folder.Block(i).Steps); err != nil {
			return err
		}
	}
	if err := samePrograms("before the layers", gguf.Prologue, folder.Prologue); err != nil {
		return err
	}
	return samePrograms("after the layers", gguf.Epilogue, folder.Epilogue)
}

func samePrograms(where string, gguf, folder []*archpb.Step) error {
	if len(gguf) != len(folder) {
		return fmt.Errorf("%s has %d steps there, and %d in the file", where, len(folder), len(gguf))
	}
	for i := range gguf {
		if what := difference(gguf[i].ProtoReflect(), folder[i].ProtoReflect()); what != "" {
			return fmt.Errorf("%s, step %d (%s): %s", where, i+1, gguf[i].Kind, what)
		}
	}
	return nil
}

// difference names the first field that two messages have otherwise; "": none.
func difference(a, b protoreflect.Message) string {
	if _, ok := a.Interface().(*archpb.Module); ok {
		return "" // paths and shapes are compared, tensors may differ
	}
	if f, ok := a.Interface().(*archpb.Frequencies); ok && f.Divisors != "" {
		return "" // the file has numbers of its own in a tensor
	}
	fields := a.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if a.Has(f) != b.Has(f) && !zeroBeside(a, b, f) {
			return fmt.Sprintf("%s is %s there, and %s in the file", f.Name(), shown(b, f), shown(a, f))
		}
		if !a.Has(f) {
			continue
		}
		if what := differentField(f, a.Get(f), b.Get(f)); what != "" {
			return what
		}
	}
	return ""
}

// zeroBeside tolerates a number that is so small beside nothing that it is rounding.
func zeroBeside(a, b protoreflect.Message, f protoreflect.FieldDescriptor) bool {
	return f.Kind() == protoreflect.DoubleKind && !f.IsList() && near(a.Get(f).Float(), b.Get(f).Float())
}

func differentField(f protoreflect.FieldDescriptor, a, b protoreflect.Value) string {
	name := string(f.Name())
	switch {
	case f.IsList():
		x, y := a.List(), b.List()
		if x.Len() != y.Len() {
			return fmt.Sprintf("%s has %d entries there, and %d in the file", name, y.Len(), x.Len())
		}
		for i := range x.Len() {
			if what := differentValue(f, x.Get(i), y.Get(i)); what != "" {
				return name + " " + what
			}
		}
		return ""
	case f.Message() != nil:
		if what := difference(a.Message(), b.Message()); what != "" {
			return name + "." + what
		}
		return ""
	}
	if what := differentValue(f, a, b); what != "" {
		return name + " " + what
	}
	return ""
}

func differentValue(f protoreflect.FieldDescriptor, a, b protoreflect.Value) string {
	same := false
	switch {
	case f.Message() != nil:
		return difference(a.Message(), b.Message())
	case f.Kind() == protoreflect.DoubleKind:
		same = near(a.Float(), b.Float())
	default:
		same = a.Equal(b)
	}
	if same {
		return ""
	}
	return fmt.Sprintf("is %v there, and %v in the file", b.Interface(), a.Interface())
}

// near allows for numbers that a GGUF file holds as float32, and what is computed of them.
func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-5*max(math.Abs(a), math.Abs(b))
}

func shown(m protoreflect.Message, f protoreflect.FieldDescriptor) string {
	if !m.Has(f) {
		return "nothing"
	}
	if f.Message() != nil && !f.IsList() {
		return "something"
	}
	return fmt.Sprint(m.Get(f).Interface())
}

package arch

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// The names that a program finds or leaves.
const (
	tokens    = "tokens"
	positions = "positions"
	residual  = "h"
	logits    = "logits"
	expertIn  = "x"
)

// place is which kind of program a step stands in.
type place int

const (
	inPrologue place = iota
	inBlock
	inEpilogue
	inExperts
)

// value is what a name stands for: [T, width], or for an index [T].
type value struct {
	width int
	index bool
	used  bool
}

// flow runs a program on widths alone.
type flow struct {
	place  place
	values map[string]*value
	order  []string // the values' names as they were set
	last   *value   // the first output of the step before; nil: there is none
	uses   []use    // the modules, in program order
	// unembedded is set behind the map that gives the logits.
	unembedded bool
}

func newFlow(p place) *flow { return &flow{place: p, values: make(map[string]*value)} }

// set gives a name to a value.
func (f *flow) set(name string, v *value) {
	f.values[name] = v
	f.order = append(f.order, name)
}

// run checks a program whose last step must give the value named last; "": any
// name or none. It returns that value's width.
func (f *flow) run(what string, steps []*archpb.Step, last string) (int, error) {
	if n := len(steps); n == 0 || n > maxSteps {
		return 0, fmt.Errorf("%s has %d steps, expected 1 to %d", what, n, maxSteps)
	}
	for i, step := range steps {
		where, known := fmt.Sprintf("%s step %d (%s)", what, i+1, label(step)), len(f.uses)
		if err := f.step(step, i == len(steps)-1, last); err != nil {
			return 0, fmt.Errorf("%s: %w", where, err)
		}
		for j := known; j < len(f.uses); j++ {
			f.uses[j].where = where
		}
	}
	f.last.used = true
	for _, name := range f.order {
		if v := f.values[name]; !v.used && name != positions {
			return 0, fmt.Errorf("%s: value %q is never used", what, name)
		}
	}
	return f.last.width, nil
}

// step checks one step and takes over its outputs.
func (f *flow) step(step *archpb.Step, final bool, last string) error {
	if step.GetOp() == nil || !opOf(step).IsValid() {
		return fmt.Errorf("the step does nothing")
	}
	if err := f.allowed(step); err != nil {
		return err
	}
	in, err := f.inputs(step)
	if err != nil {
		return err
	}
	widths, err := f.op(step, in)
	if err != nil {
		return err
	}
	if final && len(widths) != 1 {
		return fmt.Errorf("the last step gives %d values, expected one", len(widths))
	}
	if final && last != "" && !slices.Equal(step.Out, []string{last}) {
		return fmt.Errorf("the last step's out is %q, expected [%q]", step.Out, last)
	}
	return f.outputs(step, widths, final, last)
}

// inputs looks up what a step reads.
func (f *flow) inputs(step *archpb.Step) ([]*value, error) {
	if len(step.In) == 0 {
		if f.last == nil {
			return nil, fmt.Errorf("in is empty, but there is no step before this one")
		}
		f.last.used = true
		return []*value{f.last}, nil
	}
	if f.last != nil && !f.last.used && !f.named(f.last) {
		return nil, fmt.Errorf("the step before this one has no name for its output, and this one does not read it")
	}
	in := make([]*value, len(step.In))
	for i, name := range step.In {
		v, ok := f.values[name]
		if !ok {
			return nil, fmt.Errorf("in: value %.40q is not set before this step", name)
		}
		v.used = true
		in[i] = v
	}
	return in, nil
}

func (f *flow) named(v *value) bool {
	for _, other := range f.values {
		if other == v {
			return true
		}
	}
	return false
}

// outputs names what a step gives.
func (f *flow) outputs(step *archpb.Step, widths []int, final bool, last string) error {
	if len(step.Out) == 0 && len(widths) > 1 {
		return fmt.Errorf("out is empty, expected %d names", len(widths))
	}
	if len(step.Out) > 0 && len(step.Out) != len(widths) {
		return fmt.Errorf("out has %d names, expected %d", len(step.Out), len(widths))
	}
	for i, width := range widths {
		v := &value{width: width}
		if i == 0 {
			f.last = v
		}
		if len(step.Out) == 0 {
			return nil
		}
		name := step.Out[i]
		if err := checkName("out: name", name); err != nil {
			return err
		}
		if final && name == last {
			return nil // h anew, or what the program is for
		}
		if f.values[name] != nil || name == tokens || name == positions {
			return fmt.Errorf("out: value %q is set before", name)
		}
		if name == residual || name == logits {
			return fmt.Errorf("out: only the last step may set %q", name)
		}
		f.set(name, v)
	}
	return nil
}

// opOf is a step's op as a message.
func opOf(step *archpb.Step) protoreflect.Message {
	m := step.ProtoReflect()
	return m.Get(m.WhichOneof(m.Descriptor().Oneofs().ByName("op"))).Message()
}

// label names a step for people: its kind and, where it has one, its module.
func label(step *archpb.Step) string {
	if step.GetOp() == nil {
		return "of no kind"
	}
	m := step.ProtoReflect()
	kind := string(m.WhichOneof(m.Descriptor().Oneofs().ByName("op")).Name())
	var path string
	switch op := step.Op.(type) {
	case *archpb.Step_Embed:
		path = op.Embed.GetModule().GetPath()
	case *archpb.Step_Linear:
		path = op.Linear.GetModule().GetPath()
	case *archpb.Step_Norm:
		path = op.Norm.GetModule().GetPath()
	}
	if path == "" {
		return kind
	}
	return fmt.Sprintf("%s %.100s", kind, path)
}

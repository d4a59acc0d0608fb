package arch

import (
	"cmp"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// What a description may ask for. The limits are far above any model there is;
// they keep a broken or hostile plugin from costing memory, and every product of
// two sizes within an int.
const (
	maxBlocks  = 256
	maxLayers  = 4096
	maxSteps   = 1024 // of one program
	maxModules = 1 << 19
	maxExperts = 4096
	maxIgnore  = 256
	maxName    = 256
	maxSize    = 1 << 28 // rows, widths, positions
	maxEntries = min(1<<40, math.MaxInt/8)
)

// checkLimits refuses what is too large to look at, and what a newer contract than
// this host's says.
func checkLimits(m *archpb.Model) error {
	if m == nil {
		return fmt.Errorf("the description is empty")
	}
	if err := known(m.ProtoReflect()); err != nil {
		return err
	}
	if n := len(m.Layers); n == 0 || n > maxLayers {
		return fmt.Errorf("the description has %d layers, expected 1 to %d", n, maxLayers)
	}
	if n := len(m.Blocks); n == 0 || n > maxBlocks {
		return fmt.Errorf("the description has %d blocks, expected 1 to %d", n, maxBlocks)
	}
	if n := len(m.Ignore); n > maxIgnore {
		return fmt.Errorf("the description ignores %d patterns of tensors, expected at most %d", n, maxIgnore)
	}
	if err := checkName("family", m.Family); err != nil {
		return err
	}
	if m.MaxPositions > maxSize {
		return fmt.Errorf("max_positions is %d, expected at most %d", m.MaxPositions, maxSize)
	}
	return nil
}

// known walks a message and refuses fields that this host's contract does not have:
// to read past them would be to run another model than the one described.
func known(m protoreflect.Message) error {
	if raw := m.GetUnknown(); len(raw) > 0 {
		number, _, _ := protowire.ConsumeTag(raw)
		e := &newerError{what: fmt.Sprintf("field %d of %s", number, m.Descriptor().Name())}
		if step, ok := m.Interface().(*archpb.Step); ok && step.Op == nil {
			e.what = fmt.Sprintf("a step of kind %q", cmp.Or(step.Kind, fmt.Sprint(number)))
		}
		return e
	}
	var err error
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Enum() != nil:
			err = knownValues(f, v)
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				if err = known(v.List().Get(i).Message()); err != nil {
					return false
				}
			}
		default:
			err = known(v.Message())
		}
		return err == nil
	})
	return err
}

// knownValues refuses what an enum of this host's contract does not have.
func knownValues(f protoreflect.FieldDescriptor, v protoreflect.Value) error {
	has := f.Enum().Values()
	if !f.IsList() {
		if n := v.Enum(); has.ByNumber(n) == nil {
			return &newerError{what: fmt.Sprintf("value %d of %s", n, f.FullName().Parent().Name()+"."+f.Name())}
		}
		return nil
	}
	for i := range v.List().Len() {
		if n := v.List().Get(i).Enum(); has.ByNumber(n) == nil {
			return &newerError{what: fmt.Sprintf("value %d of %s", n, f.FullName().Parent().Name()+"."+f.Name())}
		}
	}
	return nil
}

// newerError says that a plugin speaks a newer contract.
type newerError struct{ what string }

func (e *newerError) Error() string {
	return fmt.Sprintf("the description uses %s, which contract %s does not have", e.what, ContractVersion(ContractMinor))
}

// Hint implements the errors' Hint method.
func (e *newerError) Hint() string { return "the plugin was made for a newer nugget: update nugget" }

func checkName(what, name string) error {
	if name == "" {
		return fmt.Errorf("%s is empty", what)
	}
	if len(name) > maxName {
		return fmt.Errorf("%s %.40q... has %d bytes, expected at most %d", what, name, len(name), maxName)
	}
	return nil
}

// size turns a count of the contract into an int.
func size(what string, n uint32) (int, error) {
	if n == 0 || n > maxSize {
		return 0, fmt.Errorf("%s is %d, expected 1 to %d", what, n, maxSize)
	}
	return int(n), nil
}

// product multiplies sizes, each checked; ok is false beyond maxEntries.
func product(sizes ...int) (n int, ok bool) {
	n = 1
	for _, s := range sizes {
		if s != 0 && n > maxEntries/s {
			return 0, false
		}
		n *= s
	}
	return n, true
}

// finite refuses NaN and the infinities.
func finite(what string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%s is %v, expected a finite number", what, v)
	}
	return nil
}

func positive(what string, v float64) error {
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("%s is %v, expected a positive number", what, v)
	}
	return nil
}

func notNegative(what string, v float64) error {
	if !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("%s is %v, expected a number of at least 0", what, v)
	}
	return nil
}

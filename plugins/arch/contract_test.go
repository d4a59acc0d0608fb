package arch

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// elements is all that the contract has, a line each.
func elements() []string {
	var lines []string
	file := archpb.File_arch_proto
	lines = append(lines, fmt.Sprintf("package %s", file.Package()))
	for i := range file.Services().Len() {
		methods := file.Services().Get(i).Methods()
		for k := range methods.Len() {
			m := methods.Get(k)
			lines = append(lines, fmt.Sprintf("rpc %s/%s(%s) %s", m.Parent().Name(), m.Name(), m.Input().Name(), m.Output().Name()))
		}
	}
	enums := func(list protoreflect.EnumDescriptors) {
		for i := range list.Len() {
			values := list.Get(i).Values()
			for k := range values.Len() {
				v := values.Get(k)
				lines = append(lines, fmt.Sprintf("enum %s %s = %d", named(v.Parent()), v.Name(), v.Number()))
			}
		}
	}
	enums(file.Enums())
	for i := range file.Messages().Len() {
		m := file.Messages().Get(i)
		enums(m.Enums())
		for k := range m.Fields().Len() {
			f := m.Fields().Get(k)
			lines = append(lines, fmt.Sprintf("field %s.%s = %d %s %s", m.Name(), f.Name(), f.Number(), f.Cardinality(), typeOf(f)))
		}
	}
	slices.Sort(lines)
	return lines
}

func typeOf(f protoreflect.FieldDescriptor) string {
	text := f.Kind().String()
	switch {
	case f.Message() != nil:
		text += " " + named(f.Message())
	case f.Enum() != nil:
		text += " " + named(f.Enum())
	}
	if o := f.ContainingOneof(); o != nil {
		text += " of " + string(o.Name())
	}
	return text
}

func named(d protoreflect.Descriptor) string {
	return strings.TrimPrefix(string(d.FullName()), string(archpb.File_arch_proto.Package())+".")
}

// Whatever the contract once had it has still: plugins that were built then go on to
// work. What is new has a version and a sentence.
func TestContractOnlyGrows(t *testing.T) {
	raw, err := os.ReadFile("testdata/contract.txt")
	if err != nil {
		t.Fatal(err)
	}
	recorded := make(map[string]uint32)
	var newest uint32
	for line := range strings.Lines(string(raw)) {
		var major, minor uint32
		version, element, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil || uint(major) != Handshake().ProtocolVersion {
			t.Fatalf("testdata/contract.txt: %q does not begin with a version of this major contract", line)
		}
		recorded[element] = minor
		newest = max(newest, minor)
	}
	now := elements()
	for element := range recorded {
		if !slices.Contains(now, element) {
			t.Errorf("arch.proto no longer has what contract %s had: %s", ContractVersion(recorded[element]), element)
		}
	}
	for _, element := range now {
		if _, ok := recorded[element]; !ok {
			t.Errorf("new in arch.proto, and not in testdata/contract.txt: %s %s", ContractVersion(ContractMinor), element)
		}
	}
	if newest > ContractMinor {
		t.Errorf("testdata/contract.txt goes up to %s, but ContractMinor is %d", ContractVersion(newest), ContractMinor)
	}
	if n := len(additions()); n != ContractMinor {
		t.Errorf("%d sentences for %d minor versions", n, ContractMinor)
	}
}

func TestAddedIsWhatCameLater(t *testing.T) {
	all := []string{"steps for convolutions", "sinks of attention", "experts that all tokens share"}
	for _, c := range []struct {
		since uint32
		want  string
	}{
		{0, "1.1: steps for convolutions, 1.2: sinks of attention, 1.3: experts that all tokens share"},
		{2, "1.3: experts that all tokens share"},
		{3, ""},
		{9, ""},
	} {
		if got := strings.Join(added(all, c.since), ", "); got != c.want {
			t.Errorf("since %d: %s, expected %s", c.since, got, c.want)
		}
	}
	if got := Added(ContractMinor); got != nil {
		t.Errorf("after the newest: %v", got)
	}
}

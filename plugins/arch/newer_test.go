package arch_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func TestNewRefusesALaterContractByName(t *testing.T) {
	unknown := protowire.AppendTag(nil, 200, protowire.VarintType)
	unknown = protowire.AppendVarint(unknown, 1)
	for _, c := range []struct {
		change func(m *archpb.Model)
		want   string
	}{
		{func(m *archpb.Model) {
			in(m, "activation").Op = nil
			in(m, "activation").Kind = "convolution"
			in(m, "activation").ProtoReflect().SetUnknown(unknown)
		}, `the description uses a step of kind "convolution", which contract 1.2 does not have`},
		{func(m *archpb.Model) {
			in(m, "activation").Op = nil
			in(m, "activation").Kind = ""
			in(m, "activation").ProtoReflect().SetUnknown(unknown)
		}, `a step of kind "200"`},
		{func(m *archpb.Model) { in(m, "attention").GetAttention().ProtoReflect().SetUnknown(unknown) },
			"the description uses field 200 of Attention"},
		{func(m *archpb.Model) { in(m, "q").GetLinear().Module.Role = 99 }, "the description uses value 99 of Module.role"},
	} {
		m := plain()
		c.change(m)
		_, err := arch.New(m, plainTensors())
		wantError(t, err, c.want)
		var hinted interface{ Hint() string }
		if !errors.As(err, &hinted) || hinted.Hint() != "the plugin was made for a newer nugget: update nugget" {
			t.Errorf("no hint in %v", err)
		}
	}
	m := rich()
	m.Blocks[0].Steps[1].GetLinear().Parts.Roles[2] = 99
	_, err := arch.New(m, richTensors())
	wantError(t, err, "the description uses value 99 of Parts.roles")

	if _, err := arch.New(nil, nil); err == nil {
		t.Error("no description is no error")
	}
}

// What plugins sent when contract 1.0 was all there was is understood as it was then.
// (testdata/description-1.0.binpb is rich() of that day, and is not made anew.)
func TestDescriptionsOfTheFirstContractAreTaken(t *testing.T) {
	raw, err := os.ReadFile("testdata/description-1.0.binpb")
	if err != nil {
		t.Fatal(err)
	}
	old := new(archpb.Model)
	if err := proto.Unmarshal(raw, old); err != nil {
		t.Fatal(err)
	}
	a, err := arch.New(old, richTensors())
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Modules) != 27 || a.Parameters() != 2289 || !slices.Equal(a.Layers, []int{0, 1, 0}) || a.Hidden != hidden || a.Vocab != vocab {
		t.Errorf("%d modules, %d parameters, layers %v", len(a.Modules), a.Parameters(), a.Layers)
	}
}

// Needed is the checkpoint that New takes, whatever it then holds.
func TestNeededIsWhatNewTakes(t *testing.T) {
	for _, c := range []struct {
		model *archpb.Model
		want  []arch.TensorHeader
	}{{plain(), plainTensors()}, {rich(), richTensors()}} {
		got, err := arch.Needed(c.model)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := arch.New(c.model, got); err != nil {
			t.Error(err)
		}
		if len(got) != len(c.want) {
			t.Errorf("%d tensors, expected %d", len(got), len(c.want))
		}
		shapes := make(map[string]int64)
		for _, h := range c.want {
			shapes[h.Name] = entries(h.Shape)
		}
		for _, h := range got {
			if h.DType != "F32" || shapes[h.Name] != entries(h.Shape) {
				t.Errorf("%s is %s %v", h.Name, h.DType, h.Shape)
			}
		}
	}
	m := plain()
	m.Epilogue[1].GetLinear().Module.TiedTo = "nowhere"
	if _, err := arch.Needed(m); err == nil {
		t.Error("a weight of no module is no error")
	}
	m = plain()
	m.Layers = nil
	if _, err := arch.Needed(m); err == nil {
		t.Error("no layers is no error")
	}
}

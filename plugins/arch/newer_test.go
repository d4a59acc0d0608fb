package arch_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

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

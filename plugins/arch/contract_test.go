package arch_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

func TestNewRefusesALaterContractByName(t *testing.T) {
	unknown := protowire.AppendTag(nil, 200, protowire.VarintType)
	unknown = protowire.AppendVarint(unknown, 1)

	m := plain()
	in(m, "activation").Op = nil
	in(m, "activation").Kind = "convolution"
	in(m, "activation").ProtoReflect().SetUnknown(unknown)
	_, err := arch.New(m, plainTensors())
	wantError(t, err, `the description uses a step of kind "convolution", which contract 1.0 does not have`)

	in(m, "activation").Kind = ""
	_, err = arch.New(m, plainTensors())
	wantError(t, err, `a step of kind "200"`)

	m = plain()
	in(m, "attention").GetAttention().ProtoReflect().SetUnknown(unknown)
	_, err = arch.New(m, plainTensors())
	wantError(t, err, "the description uses field 200 of Attention")

	if _, err := arch.New(nil, nil); err == nil {
		t.Error("no description is no error")
	}
}

package arch_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
	"github.com/neuralnuggets/nugget/plugins/sdk"
)

func TestNewRefusesRichDescriptions(t *testing.T) {
	experts := func(m *archpb.Model) *archpb.Experts { return m.Blocks[1].Steps[9].GetExperts() }
	for _, c := range []struct {
		name   string
		change func(m *archpb.Model)
		want   string
	}{
		{"no router", func(m *archpb.Model) { experts(m).Router = nil }, `block "sparse" step 10 (experts): there is no router`},
		{"a router's role", func(m *archpb.Model) { experts(m).Router.Module.Role = archpb.Role_ROLE_GATE }, "the router has role ROLE_GATE"},
		{"a router of another width", func(m *archpb.Model) { experts(m).Router.Out = 4 }, "the router gives 4 logits, expected one for each of 3 experts"},
		{"a router of another input", func(m *archpb.Model) { experts(m).Router.In = 4 }, "router: in is 4, but its input has width 8"},
		{"no experts", func(m *archpb.Model) { experts(m).Count = 0 }, "count is 0"},
		{"too many experts", func(m *archpb.Model) { experts(m).Count = 1 << 20 }, "count is 1048576, expected 1 to 4096"},
		{"top 0", func(m *archpb.Model) { experts(m).TopK = 0 }, "top_k is 0, expected 1 to 3"},
		{"top of too many", func(m *archpb.Model) { experts(m).TopK = 4 }, "top_k is 4, expected 1 to 3"},
		{"an empty body", func(m *archpb.Model) { experts(m).Body = nil }, "body has 0 steps"},
		{"a body of another width", func(m *archpb.Model) { experts(m).Body[2].GetLinear().Out = 5 }, "values of widths 8 and 5"},
		{"a body that reads outside", func(m *archpb.Model) { experts(m).Body[0].In = []string{"h"} },
			`block "sparse" step 10 (experts): body step 1 (linear t.h.{layer}.moe.experts.{expert}.w1): in: value "h" is not set`},
		{"attention in a body", func(m *archpb.Model) { experts(m).Body[1] = m.Blocks[0].Steps[6] }, "body step 2 (attention): a step of this kind cannot stand here"},
		{"experts in a body", func(m *archpb.Model) {
			experts(m).Body[1] = proto.CloneOf(m.Blocks[1].Steps[9])
			experts(m).Body[1].In = nil
		}, "a step of this kind cannot stand here"},
		{"one path for all experts", func(m *archpb.Model) { experts(m).Body[2].GetLinear().Module.Path = "t.h.{layer}.w2" },
			`block "sparse" step 10 (experts) body step 3 (linear t.h.{layer}.w2), layer 1, expert 1: path "t.h.1.w2" is another module's`},
		{"a split of other sizes", func(m *archpb.Model) { m.Blocks[0].Steps[2].GetSplit().Sizes[0]++ }, "2 groups of sizes [9 4 4] do not make up the width 32"},
		{"a split of one", func(m *archpb.Model) { m.Blocks[0].Steps[2].GetSplit().Sizes = []uint32{16} }, "1 sizes, expected two or more"},
		{"a split without names", func(m *archpb.Model) { m.Blocks[0].Steps[2].Out = nil }, "out is empty, expected 3 names"},
		{"a split at the end", func(m *archpb.Model) {
			m.Blocks[0].Steps[14] = sdk.Program(sdk.Split(1, 4, 4).From("m").As("h", "g"))[0]
		}, "the last step gives 2 values, expected one"},
		{"too many modules", func(m *archpb.Model) {
			experts(m).Count, experts(m).Router.Out = 4096, 4096
			m.Layers = make([]uint32, 4096)
			for i := range m.Layers {
				m.Layers[i] = uint32(min(i, 1))
			}
		}, "the description has more than 524288 modules"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := rich()
			c.change(m)
			_, err := arch.New(m, richTensors())
			wantError(t, err, c.want)
		})
	}
}

package transfer

import (
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// In a model with experts in some layers PEFT would take the other layers' gate_proj
// for the experts'. o_proj is no expert's name.
func TestMapsThatPEFTTakesForExpertsAreLeftOut(t *testing.T) {
	linear := func(path string, expert int, role archpb.Role) *arch.Module {
		return &arch.Module{Path: path, Expert: expert, Kind: arch.Linear, Role: role, Out: 4, In: 4}
	}
	layers := [][]*arch.Module{
		{linear("l.0.attn.o_proj", -1, archpb.Role_ROLE_O), linear("l.0.mlp.gate_proj", -1, archpb.Role_ROLE_GATE), linear("l.0.mlp.down_proj", -1, archpb.Role_ROLE_DOWN)},
		{linear("l.1.attn.o_proj", -1, archpb.Role_ROLE_O), linear("l.1.mlp.experts.0.gate_proj", 0, archpb.Role_ROLE_GATE), linear("l.1.mlp.experts.0.down_proj", 0, archpb.Role_ROLE_DOWN)},
		{linear("l.2.attn.o_proj", -1, archpb.Role_ROLE_O), linear("l.2.mlp.gate_proj", -1, archpb.Role_ROLE_GATE), linear("l.2.mlp.down_proj", -1, archpb.Role_ROLE_DOWN)},
	}
	var lines []string
	p := &plan{student: Model{Arch: &arch.Architecture{Modules: slices.Concat(layers...)}}, opts: Options{Message: func(s string) { lines = append(lines, s) }}}
	for _, modules := range layers {
		p.targets = append(p.targets, targetsOf(modules, All))
	}
	p.dropShadowed()
	var kept []string
	for _, targets := range p.targets {
		for _, target := range targets {
			kept = append(kept, target.module.Path)
		}
	}
	if want := []string{"l.0.attn.o_proj", "l.1.attn.o_proj", "l.1.mlp.experts.0.gate_proj", "l.1.mlp.experts.0.down_proj", "l.2.attn.o_proj"}; !slices.Equal(kept, want) {
		t.Errorf("kept are %v", kept)
	}
	want := []string{
		"l.0.mlp.gate_proj and 1 more: left out, because PEFT takes the name gate_proj for the experts'",
		"l.0.mlp.down_proj and 1 more: left out, because PEFT takes the name down_proj for the experts'",
	}
	if !slices.Equal(lines, want) || len(p.leftOut) != 2 || p.leftOut[1] != "l.0.mlp.down_proj and 1 more: PEFT takes the name down_proj for the experts'" {
		t.Errorf("messages are %q, left out are %q", lines, p.leftOut)
	}
}

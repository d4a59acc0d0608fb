package peft

import (
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// fusable says that transformers 5 holds the map together with those of other experts.
func fusable(m *arch.Module) bool {
	_, ok := parseExpert(m.Path)
	return ok && m.Expert >= 0 && m.Kind == arch.Linear
}

// fusesExperts reports whether a path is that of an expert's map, in a model whose
// experts transformers 5 fuses.
func fusesExperts(path string, model *arch.Architecture) bool {
	_, ok := parseExpert(path)
	return ok && slices.ContainsFunc(model.Modules, fusable)
}

// checkExperts finds what PEFT cannot put together. It takes the last name of every
// target for a parameter's of all experts (_convert_peft_config_moe): gate and up belong
// together, each parameter of a layer is adapted for all experts, and maps elsewhere
// whose last name is the same have no place of their own.
func (d *folder) checkExperts(model *arch.Architecture) {
	layers := make(map[int]int) // the experts of each layer
	names := make(map[string]bool)
	for _, m := range model.Modules {
		if fusable(m) {
			layers[m.Layer] = max(layers[m.Layer], m.Expert+1)
			names[lastName(m.Path)] = true
		}
	}
	if len(layers) == 0 {
		return
	}
	adapted := make(map[string]map[int]int) // experts by part and layer
	for _, p := range d.pairs {
		m := model.Module(p.path)
		switch {
		case m == nil:
		case fusable(m):
			e, _ := parseExpert(p.path)
			if adapted[e.part] == nil {
				adapted[e.part] = make(map[int]int)
			}
			adapted[e.part][e.layer]++
		case names[lastName(p.path)]:
			d.find(Finding{Rule: RuleExperts, Module: p.path, Found: "weights", PEFT: Ignored,
				Expected: "none: PEFT takes the name " + lastName(p.path) + " for the experts'"})
		}
	}
	d.checkParts(adapted)
	d.checkRouters(model)
	for _, part := range []string{"gate", "up", "down"} {
		if adapted[part] == nil {
			continue
		}
		for layer := range len(model.Layers) {
			if n := adapted[part][layer]; n != layers[layer] {
				effect := Refused
				if n == 0 {
					effect = Ignored
				}
				d.find(Finding{Rule: RuleExperts, Module: fmt.Sprintf("layer %d", layer), PEFT: effect,
					Found: fmt.Sprintf("%s of %d experts", part, n), Expected: fmt.Sprintf("of all %d, or of none in any layer", layers[layer])})
			}
		}
	}
}

// checkRouters wants all of them, or none: PEFT takes one of them for all.
func (d *folder) checkRouters(model *arch.Architecture) {
	has := func(m *arch.Module) bool {
		return slices.ContainsFunc(d.pairs, func(p *pair) bool { return p.path == m.Path })
	}
	var without []*arch.Module
	all := 0
	for _, m := range model.Modules {
		if m.Role != archpb.Role_ROLE_ROUTER {
			continue
		}
		if all++; !has(m) {
			without = append(without, m)
		}
	}
	if len(without) == all {
		return
	}
	for _, m := range without {
		d.find(Finding{Rule: RuleExperts, Module: m.Path, Found: "no weights", Expected: "some, because another router has them", PEFT: Ignored})
	}
}

// checkParts wants gate and up together.
func (d *folder) checkParts(adapted map[string]map[int]int) {
	has := func(part string) bool { return adapted[part] != nil }
	if has("gate") != has("up") {
		found, missing := "gate", "up"
		if has("up") {
			found, missing = missing, found
		}
		d.find(Finding{Rule: RuleExperts, Found: "experts' " + found, Expected: "their " + missing + " too: transformers 5 holds both in one parameter", PEFT: Refused})
	}
	if len(adapted) > 0 && len(d.config.parameters) == 0 && len(d.config.ranks) > 0 {
		if slices.ContainsFunc(d.pairs, func(p *pair) bool { _, ok := parseExpert(p.path); return ok && p.rank != d.config.rank }) {
			d.find(Finding{Rule: RuleExperts, Module: "rank_pattern", Found: "a rank of experts' maps", Expected: "none: PEFT gives the experts' parameters a rank of its own", PEFT: Refused})
		}
	}
}

func lastName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[i+1:]
		}
	}
	return path
}

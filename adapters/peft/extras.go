package peft

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// checkOther finds what is no factor and has no setting that asks for it. What has one
// is a finding of the setting already.
func (d *folder) checkOther(k key) {
	ignored := func(why string) {
		d.find(Finding{Rule: RuleKey, Module: k.name, Found: "this tensor", Expected: "LoRA weights alone: " + why, PEFT: Ignored})
	}
	c := d.config
	switch {
	case k.part == partMagnitude && !c.dora:
		ignored("DoRA's magnitudes are not supported")
	case k.part == partLoraBias && !c.loraBias:
		ignored("biases of LoRA layers (lora_bias) are not supported")
	case k.part == partModule && strings.HasSuffix(k.name, ".bias") && c.bias != "none":
	case k.part == partModule && !c.saves(k.path):
		ignored("it is no LoRA weight: the adapter replaces parts of the base, which is not supported")
	case k.part == partOther && !c.tokens:
		ignored("it is no LoRA weight")
	}
}

// replaced is what PEFT does about a tensor of the base's that no setting asks for.
func (d *folder) replaced(f Finding, m *arch.Module) Finding {
	adapted := m != nil && slices.ContainsFunc(d.pairs, func(p *pair) bool { return p.path == m.Path })
	if m == nil || adapted {
		return f // the model has no parameter of this name
	}
	shape := []int{m.Out, m.In}
	switch {
	case strings.HasSuffix(f.Module, ".bias"):
		if m.Bias == nil {
			return f
		}
		shape = shape[:1]
	case m.Kind == arch.Norm:
		shape = shape[:1]
	case m.FanInFanOut:
		slices.Reverse(shape)
	}
	f.Expected, f.PEFT, f.Unsupported = "LoRA weights alone: PEFT would put it in place of the base's without a word", Applied, true
	for _, t := range d.file.Tensors() {
		if t.Name == f.Module && !slices.Equal(t.Shape, shape) {
			f.Expected, f.PEFT, f.Unsupported = fmt.Sprintf("LoRA weights alone: the base's is %v, and PEFT refuses %v", shape, t.Shape), Refused, false
		}
	}
	return f
}

// saves reports whether modules_to_save names a module (PEFT,
// check_target_module_exists).
func (c *config) saves(path string) bool {
	for _, m := range c.save {
		if e, err := regexp.Compile(`^(?:.*\.)?(?:` + m + `)(?:$|\..*)`); err == nil && e.MatchString(path) {
			return true
		}
	}
	return false
}

// checkExtras finds what the settings ask for and the file does not have, and the base's
// weights that PEFT puts in place without a word: state dicts are loaded by name.
func (d *folder) checkExtras(model *arch.Architecture) {
	for i, f := range d.findings {
		if k, why := parseKey(f.Module); f.Rule == RuleKey && why == "" && k.part == partModule {
			d.findings[i] = d.replaced(f, model.Module(k.path))
		}
	}
	has := make(map[part]map[string]bool)
	for _, k := range d.others {
		if has[k.part] == nil {
			has[k.part] = make(map[string]bool)
		}
		has[k.part][k.path] = true
	}
	for _, p := range d.pairs {
		if d.config.dora && !has[partMagnitude][p.path] {
			d.find(Finding{Rule: RuleMissing, Module: p.path, Found: "no magnitudes", Expected: "some, because use_dora is true", PEFT: Ignored})
		}
		if d.config.loraBias && !p.embedding && !has[partLoraBias][p.path] {
			d.find(Finding{Rule: RuleMissing, Module: p.path, Found: "no bias of B", Expected: "one, because lora_bias is true", PEFT: Ignored})
		}
	}
	for _, m := range model.Modules {
		if d.config.saves(m.Path) && !has[partModule][m.Path] {
			d.find(Finding{Rule: RuleSave, Module: m.Path, Found: "no weights", Expected: "some, because modules_to_save names it", PEFT: Refused})
		}
	}
}

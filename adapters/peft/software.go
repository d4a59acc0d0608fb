package peft

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Verdict is what one program does with an adapter, by its own rules.
type Verdict struct {
	Software string `json:"software"`
	Version  string `json:"version"` // whose rules these are
	// Does is Applied when the program does what PEFT does, Ignored when it loads the
	// adapter but leaves something out or scales it otherwise.
	Does    Effect   `json:"does"`
	Needs   string   `json:"needs,omitempty"` // an option without which it refuses
	Reasons []Reason `json:"reasons"`
}

// Reason is one rule that an adapter meets.
type Reason struct {
	Does   Effect `json:"does"`
	Module string `json:"module,omitempty"` // the first that it is about
	Others int    `json:"others,omitempty"` // how many more
	Text   string `json:"text"`
	Source string `json:"source"` // where the rule was read
}

func (r Reason) String() string {
	s := r.Text
	if r.Module != "" {
		s = r.Module + ": " + s
	}
	if r.Others > 0 {
		s += fmt.Sprintf(" (and %d more like it)", r.Others)
	}
	return s
}

// Programs are those that Judge knows.
const Programs = "PEFT, vLLM, llama.cpp and TGI"

// Judge says what PEFT, vLLM, llama.cpp and TGI do with the adapter in dir, on a model of
// one of transformers' classes ("LlamaForCausalLM"; "": not known). The rules are those
// of their sources; the programs themselves are not run.
func Judge(dir string, model *arch.Architecture, class string) ([]Verdict, error) {
	d, err := open(dir, modelPaths(model))
	if err != nil {
		return nil, err
	}
	defer d.close()
	c := &candidate{folder: d, model: model, class: class}
	c.fitting = d.check(model)
	return []Verdict{c.peft(), c.vllm(), c.llamaCpp(), c.tgi()}, nil
}

// candidate is an adapter that is judged.
type candidate struct {
	*folder
	model   *arch.Architecture
	class   string
	fitting []fitting
}

// verdict collects reasons. Those of one text are one.
type verdict struct{ Verdict }

func newVerdict(software, version string) *verdict {
	return &verdict{Verdict{Software: software, Version: version, Does: Applied, Reasons: []Reason{}}}
}

func (v *verdict) because(does Effect, module, source, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	v.Does = worst(v.Does, does)
	for i := range v.Reasons {
		if r := &v.Reasons[i]; r.Text == text && r.Does == does {
			if r.Module != "" {
				r.Others++
			}
			return
		}
	}
	v.Reasons = append(v.Reasons, Reason{Does: does, Module: module, Text: text, Source: source})
}

const otherShape = "has factors that do not fit the model's weight"

// Where PEFT's rules are, by a finding's rule.
const (
	peftTuners  = "peft/tuners/tuners_utils.py, BaseTuner.inject_adapter"
	peftLoad    = "peft/utils/save_and_load.py, set_peft_model_state_dict"
	peftExperts = "peft/utils/transformers_weight_conversion.py, _convert_peft_config_moe"
)

func (c *candidate) peft() Verdict {
	v := newVerdict("PEFT", "0.21.2")
	sources := map[string]string{
		RuleTarget: peftTuners, RuleKind: peftTuners, RuleExperts: peftExperts,
		RuleConfig: "peft/config.py, PeftConfigMixin.from_peft_type",
		RuleTied:   "peft/tuners/tuners_utils.py, BaseTuner._check_tied_modules",
		RuleSave:   "peft/utils/other.py, ModulesToSaveWrapper.adapter_state_dict_load_map",
	}
	for _, f := range c.findings {
		if f.PEFT == Applied {
			continue
		}
		source := sources[f.Rule]
		if source == "" {
			source = peftLoad
		}
		v.because(f.PEFT, f.Module, source, "found %s, expected %s", f.Found, f.Expected)
	}
	return v.Verdict
}

// broken passes on that what PEFT does not apply cannot be judged either.
func (c *candidate) broken(v *verdict) {
	for _, f := range c.findings {
		if f.PEFT != Applied && v.Does == Applied {
			v.because(Unknown, "", "", "the adapter is not whole: see PEFT")
			return
		}
	}
}

// scaled finds the pairs that a program multiplies by another number than PEFT does.
func (c *candidate) scaled(v *verdict, source string, scale func(*pair) float64) {
	for _, p := range c.pairs {
		if want, got := c.config.scale(p.setting), scale(p); want != got {
			v.because(Ignored, p.path, source, "is scaled by %.4g, in PEFT by %.4g", got, want)
		}
	}
}

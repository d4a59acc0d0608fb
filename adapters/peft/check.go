package peft

import (
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Report is what an adapter would do to a model.
type Report struct {
	// Sound says that PEFT loads the adapter onto the model without a missing or an
	// unexpected key, and that this package applies it as PEFT does: no Finding is other
	// than a warning.
	Sound bool `json:"sound"`
	// PEFT is what PEFT does: the worst of the findings'.
	PEFT     Effect    `json:"peft"`
	Findings []Finding `json:"findings"`

	Rank    int      `json:"rank"`    // the largest
	Modules []Change `json:"modules"` // sorted by path; those that fit the model
	Layers  []int    `json:"layers"`  // the layers that are changed, ascending

	// StartsAtBase says that B A is exactly zero everywhere: whatever a rank adds is
	// a product with zeros. Training would start at the unchanged model.
	StartsAtBase bool `json:"starts_at_base"`
}

// Change is what the adapter does to one module.
type Change struct {
	Path string `json:"path"`
	Role string `json:"role"` // "q", "up", ...
	// Layer is arch.Outside for embeddings.
	Layer int     `json:"layer"`
	Rank  int     `json:"rank"`
	Scale float64 `json:"scale"` // PEFT's scaling, by which B A is multiplied
	Zero  bool    `json:"zero"`  // B A is exactly zero
	// Norm is the Frobenius norm of what is added to the weight.
	Norm float64 `json:"norm"`
	// WeightNorm is that of the weight, Relative their quotient. Weigh sets both.
	WeightNorm float64 `json:"weight_norm,omitempty"`
	Relative   float64 `json:"relative,omitempty"`
}

// Check compares the adapter in dir with the model that it is to be loaded onto. The
// error is about files that cannot be read; what is wrong with the adapter is in the
// report.
func Check(dir string, model *arch.Architecture) (*Report, error) {
	d, err := open(dir, modelPaths(model))
	if err != nil {
		return nil, err
	}
	defer d.close()
	r := &Report{StartsAtBase: true, PEFT: Applied}
	for _, f := range d.check(model) {
		m := f.module
		c, err := d.change(f.pair, m)
		if err != nil {
			return nil, err
		}
		r.Modules = append(r.Modules, c)
		r.Rank = max(r.Rank, c.Rank)
		r.StartsAtBase = r.StartsAtBase && c.Zero
		if m.Layer != arch.Outside && !slices.Contains(r.Layers, m.Layer) {
			r.Layers = append(r.Layers, m.Layer)
		}
	}
	slices.Sort(r.Layers)
	r.StartsAtBase = r.StartsAtBase && len(r.Modules) > 0
	r.Findings = d.findings
	for _, f := range r.Findings {
		r.PEFT = worst(r.PEFT, f.PEFT)
	}
	r.Sound = firstError(dir, d.findings) == nil
	return r, nil
}

// fitting is a pair and its module.
type fitting struct {
	*pair
	module *arch.Module
}

// check compares the adapter with a model, and returns what fits.
func (d *folder) check(model *arch.Architecture) []fitting {
	var fit []fitting
	for _, p := range d.pairs {
		if m := model.Module(p.path); d.fits(p, m, model) {
			fit = append(fit, fitting{p, m})
		}
	}
	d.missing(model)
	d.checkExperts(model)
	d.checkExtras(model)
	d.fanInFanOut(model)
	return fit
}

func isRouter(m *arch.Module) bool { return m.Role == archpb.Role_ROLE_ROUTER }

// Err is the first reason why this package cannot apply the adapter at path exactly as
// PEFT does; nil: it can.
func (r *Report) Err(path string) error { return firstError(path, r.Findings) }

// LoadErr is the first reason why PEFT would not load the adapter at path whole, or why
// it is broken in itself; nil: it would.
func (r *Report) LoadErr(path string) error {
	return firstOf(path, r.Findings, func(f Finding) bool { return f.PEFT != Applied || f.Rule == RuleFinite })
}

// fits checks one pair against the model's module of its path.
func (d *folder) fits(p *pair, m *arch.Module, model *arch.Architecture) bool {
	fail := func(rule, found, expected string, effect Effect) bool {
		d.find(Finding{Rule: rule, Module: p.path, Found: found, Expected: expected, PEFT: effect})
		return false
	}
	switch {
	case m == nil && fusesExperts(p.path, model):
		return fail(RuleExperts, "weights", "those of the model's experts, which PEFT puts together: this is none", Refused)
	case m == nil:
		fail(RuleUnknown, "weights", "a module of the model: it has none of this path, and PEFT would ignore them", Ignored)
		d.findings[len(d.findings)-1].hint = meant(p.path, model)
		return false
	case m.Kind == arch.Norm:
		return fail(RuleKind, "weights for a norm", "a linear map or an embedding: PEFT refuses others", Refused)
	case p.embedding != (m.Kind == arch.Embedding):
		return fail(RuleKind, "weights for "+kindName(p.embedding), "those for "+kindName(m.Kind == arch.Embedding), Ignored)
	}
	if shape := p.weightShape(); shape[0] != m.Out || shape[1] != m.In {
		return fail(RuleShape, fmt.Sprintf("factors of a change of %v", shape), fmt.Sprintf("[%d, %d], the model's weight", m.Out, m.In), Refused)
	}
	if isRouter(m) {
		d.find(Finding{Rule: RuleRouter, Module: p.path, Found: "an adapted expert router", PEFT: Applied, Warning: true,
			Expected: "none: its choice of experts changes with every step"})
	}
	d.tied(p, m, model)
	if p.base != nil {
		d.find(Finding{Rule: RuleBase, Module: p.base.Name, Found: "the base's own weight, which PEFT puts in its place", PEFT: Applied,
			Expected: "LoRA weights alone (save_pretrained with save_embedding_layers=False)", Warning: true})
	}
	return true
}

// tied finds an adapted one of two modules that share a weight. PEFT loads the adapter,
// and says nothing but a warning of its own.
func (d *folder) tied(p *pair, m *arch.Module, model *arch.Architecture) {
	what, other := "an adapted output whose weight is ", m.TiedTo
	if other == "" {
		for _, o := range model.Modules {
			if o.TiedTo == p.path {
				what, other = "an adapted embedding whose weight is ", o.Path
			}
		}
	}
	if other != "" {
		d.find(Finding{Rule: RuleTied, Module: p.path, Found: what + other + "'s too", PEFT: Applied, Unsupported: true,
			Expected: "none: the adapter changes one of the two, and a merge both"})
	}
}

// missing finds the modules that PEFT would give an adapter which is not in the file.
func (d *folder) missing(model *arch.Architecture) {
	if !d.config.targets.include.present {
		if len(d.config.parameters) == 0 {
			d.find(Finding{Rule: RuleTarget, Module: "target_modules", Found: "null", Expected: "the adapted modules: PEFT would take its own for the model's type", PEFT: Unknown})
		}
		return
	}
	d.noTarget(model)
	for _, m := range model.Modules {
		inside := m.Kind == arch.Linear && m.Role != archpb.Role_ROLE_UNEMBED && m.Role != archpb.Role_ROLE_ROUTER
		switch {
		case d.seen[m.Path] || !d.config.targets.match(m.Path, inside) || d.config.saves(m.Path):
		case m.Kind == arch.Norm:
			d.find(Finding{Rule: RuleKind, Module: m.Path, Found: "a norm among target_modules", Expected: "linear maps and embeddings: PEFT refuses others", PEFT: Refused})
		case !fusable(m):
			d.find(Finding{Rule: RuleMissing, Module: m.Path, Found: "no weights", Expected: "some, because target_modules names it", PEFT: Ignored})
		}
	}
}

// noTarget finds that target_modules meets none of the model's modules.
func (d *folder) noTarget(model *arch.Architecture) {
	experts := func(p *pair) bool { return fusesExperts(p.path, model) && d.config.targets.match(p.setting, true) }
	if len(d.config.parameters) > 0 || slices.ContainsFunc(d.pairs, experts) {
		return
	}
	for _, m := range model.Modules {
		if d.config.targets.match(m.Path, m.Kind == arch.Linear) {
			return
		}
	}
	d.find(Finding{Rule: RuleTarget, Module: "target_modules", Found: "names of which the model has none", Expected: "modules of the model: PEFT refuses the adapter", PEFT: Refused})
}

// fanInFanOut warns where PEFT sets the config right by itself.
func (d *folder) fanInFanOut(model *arch.Architecture) {
	for _, p := range d.pairs {
		m := model.Module(p.path)
		if m == nil || m.Kind != arch.Linear || m.FanInFanOut == d.config.fanInFanOut {
			continue
		}
		if m.Role == archpb.Role_ROLE_UNEMBED && !m.FanInFanOut {
			continue // an nn.Linear beside Conv1D maps
		}
		d.find(Finding{Rule: RuleFanInFanOut, Module: "fan_in_fan_out", Found: fmt.Sprint(d.config.fanInFanOut), PEFT: Applied,
			Expected: fmt.Sprintf("%v, as %s is (PEFT warns and goes on)", m.FanInFanOut, m.Path), Warning: true})
		return
	}
}

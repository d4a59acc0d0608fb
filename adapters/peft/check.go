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
	// unexpected key, and that it changes nothing that it should not: no Finding is
	// other than a warning.
	Sound    bool      `json:"sound"`
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
}

// Check compares the adapter in dir with the model that it is to be loaded onto. The
// error is about files that cannot be read; what is wrong with the adapter is in the
// report.
func Check(dir string, model *arch.Architecture) (*Report, error) {
	d, err := open(dir)
	if err != nil {
		return nil, err
	}
	defer d.close()
	r := &Report{StartsAtBase: true}
	for _, p := range d.pairs {
		m := model.Module(p.path)
		if !d.fits(p, m, model) {
			continue
		}
		c, err := d.change(p, m)
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
	d.missing(model)
	d.fanInFanOut(model)
	r.StartsAtBase = r.StartsAtBase && len(r.Modules) > 0
	r.Findings = d.findings
	r.Sound = firstError(dir, d.findings) == nil
	return r, nil
}

// Err is the first reason why the adapter at path is not sound; nil: it is.
func (r *Report) Err(path string) error { return firstError(path, r.Findings) }

// fits checks one pair against the model's module of its path.
func (d *folder) fits(p *pair, m *arch.Module, model *arch.Architecture) bool {
	fail := func(rule, found, expected string) bool {
		d.find(Finding{Rule: rule, Module: p.path, Found: found, Expected: expected})
		return false
	}
	switch {
	case m == nil:
		return fail(RuleUnknown, "weights", "a module of the model: it has none of this path, and PEFT would ignore them")
	case m.Kind == arch.Norm:
		return fail(RuleKind, "weights for a norm", "a linear map or an embedding: PEFT refuses others")
	case m.Role == archpb.Role_ROLE_ROUTER:
		return fail(RuleRouter, "an adapted expert router", "none: its choice of experts would change with every step")
	case p.embedding != (m.Kind == arch.Embedding):
		return fail(RuleKind, "weights for "+kindName(p.embedding), "those for "+kindName(m.Kind == arch.Embedding))
	case m.TiedTo != "":
		return fail(RuleTied, "an adapted output whose weight is "+m.TiedTo+"'s", "none: the two would part")
	}
	for _, other := range model.Modules {
		if other.TiedTo == p.path {
			return fail(RuleTied, "an adapted embedding whose weight is "+other.Path+"'s too", "none: the two would part")
		}
	}
	if shape := p.weightShape(); shape[0] != m.Out || shape[1] != m.In {
		return fail(RuleShape, fmt.Sprintf("factors of a change of %v", shape), fmt.Sprintf("[%d, %d], the model's weight", m.Out, m.In))
	}
	if p.base != nil {
		d.find(Finding{Rule: RuleBase, Module: p.base.Name, Found: "the base's own weight, which PEFT puts in its place",
			Expected: "LoRA weights alone (save_pretrained with save_embedding_layers=False)", Warning: true})
	}
	return true
}

// missing finds the modules that PEFT would give an adapter which is not in the file.
func (d *folder) missing(model *arch.Architecture) {
	if !d.config.targets.include.present {
		d.find(Finding{Rule: RuleTarget, Module: "target_modules", Found: "null", Expected: "the adapted modules"})
		return
	}
	has := make(map[string]bool)
	for _, p := range d.pairs {
		has[p.path] = true
	}
	for _, m := range model.Modules {
		inside := m.Kind == arch.Linear && m.Role != archpb.Role_ROLE_UNEMBED
		if !has[m.Path] && d.config.targets.match(m.Path, inside) {
			d.find(Finding{Rule: RuleMissing, Module: m.Path, Found: "no weights", Expected: "some, because target_modules names it"})
		}
	}
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
		d.find(Finding{Rule: RuleFanInFanOut, Module: "fan_in_fan_out", Found: fmt.Sprint(d.config.fanInFanOut),
			Expected: fmt.Sprintf("%v, as %s is (PEFT warns and goes on)", m.FanInFanOut, m.Path), Warning: true})
		return
	}
}

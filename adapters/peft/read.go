package peft

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Read reads an adapter that PEFT (0.6 or later) or this package wrote. PEFT's
// scaling (lora_alpha, alpha_pattern, use_rslora) goes into B, and factors of a
// smaller rank (rank_pattern) get zeros, so that the adapter has one rank and alpha
// equal to it. What PEFT would ignore, or this package cannot do exactly, is an
// error that names it.
func Read(dir string) (*Adapter, error) { return read(dir, nil) }

// ReadFor is Read for an adapter of a model that is known. PEFT saves the trained
// experts of a layer in one; they are taken apart into maps of single experts, as the
// model has them on disk, gate and up with the rank of both together.
func ReadFor(dir string, model *arch.Architecture) (*Adapter, error) {
	return read(dir, modelPaths(model))
}

// ReadLike is ReadFor for an adapter of the model that another adapter is of.
func ReadLike(dir string, other *Adapter) (*Adapter, error) {
	var paths []string
	for _, m := range other.Modules {
		paths = append(paths, m.Path)
	}
	return read(dir, paths)
}

func modelPaths(model *arch.Architecture) []string {
	var paths []string
	for _, m := range model.Modules {
		paths = append(paths, m.Path)
	}
	return paths
}

func read(dir string, paths []string) (*Adapter, error) {
	d, err := open(dir, paths)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if err := firstError(dir, d.findings); err != nil {
		return nil, err
	}
	a := &Adapter{BaseModel: d.config.baseModel, FanInFanOut: d.config.fanInFanOut}
	for _, p := range d.pairs {
		a.Rank = max(a.Rank, p.rank)
	}
	for _, p := range d.pairs {
		m, err := d.module(p, a.Rank)
		if err != nil {
			return nil, err
		}
		a.Modules = append(a.Modules, m)
	}
	return a, nil
}

// module reads one pair, padded with zeros to a rank, scaled as PEFT scales it.
func (d *folder) module(p *pair, rank int) (Module, error) {
	a, b, err := d.factors(p)
	if err != nil {
		return Module{}, err
	}
	m := Module{Path: p.path, Embedding: p.embedding, Out: p.out, In: p.in, A: make([]float32, rank*p.in), B: make([]float32, p.out*rank)}
	copy(m.A, a)
	if p.base != nil {
		m.Base = make([]float32, p.out*p.in)
		if err := d.values(p.base, m.Base); err != nil {
			return Module{}, err
		}
	}
	scale := d.config.scale(p.setting)
	if scale != 1 {
		m.Scale = scale
	}
	for o := range p.out {
		for k, v := range b[o*p.rank : (o+1)*p.rank] {
			m.B[o*rank+k] = float32(float64(v) * scale)
		}
	}
	return m, nil
}

func notFiniteFinding(name string, v float32, entry int, shape []int) Finding {
	return Finding{Rule: RuleFinite, Module: name, Expected: "a number", PEFT: Applied,
		Found: fmt.Sprintf("%v at [%d, %d]", v, entry/shape[1], entry%shape[1])}
}

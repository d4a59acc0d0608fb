package peft

import (
	"fmt"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// Read reads an adapter that PEFT (0.6 or later) or this package wrote. PEFT's
// scaling (lora_alpha, alpha_pattern, use_rslora) goes into B, and factors of a
// smaller rank (rank_pattern) get zeros, so that the adapter has one rank and alpha
// equal to it. What PEFT would ignore, or this package cannot do exactly, is an
// error that names it.
func Read(dir string) (*Adapter, error) {
	d, err := open(dir)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if err := firstError(dir, d.findings); err != nil {
		return nil, err
	}
	a := &Adapter{BaseModel: d.config.baseModel, FanInFanOut: d.config.fanInFanOut}
	for _, p := range d.pairs {
		a.Rank = max(a.Rank, p.a.Shape[0])
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

// module reads one pair, padded with zeros to a rank.
func (d *folder) module(p *pair, rank int) (Module, error) {
	r, in, out := p.a.Shape[0], p.a.Shape[1], p.b.Shape[0]
	m := Module{Path: p.path, Embedding: p.embedding, Out: out, In: in, A: make([]float32, rank*in), B: make([]float32, out*rank)}
	b := make([]float32, out*r)
	err := d.values(p.a, m.A[:r*in])
	if err == nil {
		err = d.values(p.b, b)
	}
	if err == nil && p.base != nil {
		m.Base = make([]float32, out*in)
		err = d.values(p.base, m.Base)
	}
	if err != nil {
		return Module{}, err
	}
	scale := d.config.scale(p.path)
	for o := range out {
		for k, v := range b[o*r : (o+1)*r] {
			m.B[o*rank+k] = float32(float64(v) * scale)
		}
	}
	return m, nil
}

// values reads a tensor and refuses what is not finite.
func (d *folder) values(t *safetensors.Tensor, dst []float32) error {
	if err := d.file.ReadFloat32(t.Name, 0, dst); err != nil {
		return err
	}
	if i := notFinite(dst); i >= 0 {
		return &findingError{path: d.file.Path(), Finding: notFiniteFinding(t.Name, dst[i], i, t.Shape)}
	}
	return nil
}

func notFiniteFinding(name string, v float32, entry int, shape []int) Finding {
	return Finding{Rule: RuleFinite, Module: name, Expected: "a number",
		Found: fmt.Sprintf("%v at [%d, %d]", v, entry/shape[1], entry%shape[1])}
}

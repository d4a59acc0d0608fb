package peft

import (
	"slices"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// pair is the tensors of one module, and the shape of what they make of it: A is
// [rank, in], B [out, rank].
type pair struct {
	path      string
	setting   string // what rank_pattern and alpha_pattern are matched with
	embedding bool
	a, b      *safetensors.Tensor
	base      *safetensors.Tensor
	cut       *cut // nil: A and B are the whole tensors

	rank, in, out int
}

// weightShape is the shape of the weight that the pair changes.
func (p *pair) weightShape() []int {
	if p.embedding {
		return []int{p.in, p.out}
	}
	return []int{p.out, p.in}
}

// factors reads A and B. B is not scaled.
func (d *folder) factors(p *pair) (a, b []float32, err error) {
	a, b = make([]float32, p.rank*p.in), make([]float32, p.out*p.rank)
	if p.cut != nil {
		return a, b, d.cutFactors(p, a, b)
	}
	if err := d.values(p.a, a); err != nil {
		return nil, nil, err
	}
	return a, b, d.values(p.b, b)
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

// floats are the types of tensors that are read.
func floats(dtype string) bool {
	return slices.Contains([]string{"F16", "BF16", "F32", "F64"}, dtype)
}

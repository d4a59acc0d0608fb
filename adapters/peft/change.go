package peft

import (
	"math"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// change reads a pair and measures it.
func (d *folder) change(p *pair, m *arch.Module) (Change, error) {
	r, in, out := p.a.Shape[0], p.a.Shape[1], p.b.Shape[0]
	c := Change{Path: p.path, Role: RoleName(m.Role), Layer: m.Layer, Rank: r, Scale: d.config.scale(p.path)}
	a, b := make([]float32, r*in), make([]float32, out*r)
	if err := d.file.ReadFloat32(p.a.Name, 0, a); err != nil {
		return c, err
	}
	if err := d.file.ReadFloat32(p.b.Name, 0, b); err != nil {
		return c, err
	}
	finite := true
	for _, f := range []struct {
		name   string
		shape  []int
		values []float32
	}{{p.a.Name, p.a.Shape, a}, {p.b.Name, p.b.Shape, b}} {
		if i := notFinite(f.values); i >= 0 {
			d.find(notFiniteFinding(f.name, f.values[i], i, f.shape))
			finite = false
		}
	}
	if finite {
		c.Zero = zeroProduct(a, b, r)
		if !c.Zero {
			c.Norm = math.Abs(c.Scale) * productNorm(a, b, r)
		}
	}
	return c, nil
}

// zeroProduct reports whether every rank's row of A or column of B is zero.
func zeroProduct(a, b []float32, rank int) bool {
	in := len(a) / rank
	for k := range rank {
		if !slices.ContainsFunc(a[k*in:(k+1)*in], func(v float32) bool { return v != 0 }) {
			continue
		}
		for i := k; i < len(b); i += rank {
			if b[i] != 0 {
				return false
			}
		}
	}
	return true
}

// productNorm is the Frobenius norm of B A: the root of the sum over k, l of
// (B^T B)[k,l] (A A^T)[k,l].
func productNorm(a, b []float32, rank int) float64 {
	in, sum := len(a)/rank, 0.0
	for k := range rank {
		for l := range k + 1 {
			var aa, bb float64
			for i, v := range a[k*in : (k+1)*in] {
				aa += float64(v) * float64(a[l*in+i])
			}
			for i := 0; i < len(b); i += rank {
				bb += float64(b[i+k]) * float64(b[i+l])
			}
			if l < k {
				aa *= 2 // and [l,k]
			}
			sum += aa * bb
		}
	}
	return math.Sqrt(max(sum, 0))
}

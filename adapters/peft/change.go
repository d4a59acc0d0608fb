package peft

import (
	"errors"
	"math"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// change reads a pair and measures it.
func (d *folder) change(p *pair, m *arch.Module) (Change, error) {
	c := Change{Path: p.path, Role: RoleName(m.Role), Layer: m.Layer, Rank: p.rank, Scale: d.config.scale(p.setting)}
	a, b, err := d.factors(p)
	if bad, ok := errors.AsType[*findingError](err); ok {
		d.find(bad.Finding)
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.Zero = zeroProduct(a, b, p.rank)
	if !c.Zero {
		c.Norm = math.Abs(c.Scale) * productNorm(a, b, p.rank)
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

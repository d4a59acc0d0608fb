package arch

import (
	"fmt"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// rope checks the frequencies and notes the tensors that divide them.
func (f *flow) rope(r *archpb.Rope, x *value) ([]int, error) {
	dim, err := size("head_dim", r.HeadDim)
	if err != nil {
		return nil, err
	}
	if x.width%dim != 0 {
		return nil, fmt.Errorf("the width %d is not a multiple of head_dim %d", x.width, dim)
	}
	pairs := len(r.Frequencies.GetInvFreq())
	if pairs == 0 || 2*pairs > dim {
		return nil, fmt.Errorf("%d frequencies, expected 1 to %d, half of head_dim", pairs, dim/2)
	}
	if err := f.frequencies(r.Frequencies); err != nil {
		return nil, err
	}
	if d := r.DynamicNtk; d != nil {
		if err := dynamic(r, pairs); err != nil {
			return nil, fmt.Errorf("dynamic_ntk: %w", err)
		}
	}
	if l := r.Longer; l != nil {
		if _, err := size("longer: above", l.Above); err != nil {
			return nil, err
		}
		if n := len(l.Frequencies.GetInvFreq()); n != pairs {
			return nil, fmt.Errorf("longer: %d frequencies, expected %d as in the shorter", n, pairs)
		}
		if err := f.frequencies(l.Frequencies); err != nil {
			return nil, fmt.Errorf("longer: %w", err)
		}
	}
	return []int{x.width}, nil
}

func (f *flow) frequencies(q *archpb.Frequencies) error {
	for i, v := range q.InvFreq {
		if err := notNegative(fmt.Sprintf("inv_freq[%d]", i), v); err != nil {
			return err
		}
	}
	if q.Divisors != "" {
		if err := checkName("divisors", q.Divisors); err != nil {
			return err
		}
		f.uses = append(f.uses, use{divisors: q.Divisors, out: len(q.InvFreq)})
	}
	return notNegative("magnitude", q.Magnitude)
}

func dynamic(r *archpb.Rope, pairs int) error {
	d := r.DynamicNtk
	if pairs < 2 {
		return fmt.Errorf("one frequency, expected two or more")
	}
	if r.Longer != nil || r.Frequencies.Divisors != "" {
		return fmt.Errorf("cannot stand beside longer or divisors")
	}
	if _, err := size("original_length", d.OriginalLength); err != nil {
		return err
	}
	if err := positive("theta", d.Theta); err != nil {
		return err
	}
	return positive("factor", d.Factor)
}

package arch

import (
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// CanonicalShape is the shape that the tensor has once its layout is undone:
// linear maps [out, in], embeddings [rows, width], norms and biases [n].
func (t Tensor) CanonicalShape() []int {
	shape := slices.Clone(t.Shape)
	if t.Layout.Stacked {
		shape = shape[1:]
	}
	if t.Layout.Transposed {
		slices.Reverse(shape)
	}
	if t.Layout.Folded {
		shape = []int{shape[0] * shape[1]}
	}
	return shape
}

// checkLayout refuses layouts that no tensor of this kind can have.
func checkLayout(u use, p place) error {
	l := u.module.Layout
	if l == nil {
		return nil
	}
	if l.Transposed && u.kind != Linear {
		return fmt.Errorf("transposed, but only a linear map is a matrix that can be")
	}
	if l.Offset != 0 && u.kind != Norm {
		return fmt.Errorf("offset %v, but only a norm can have one", l.Offset)
	}
	if err := finite("offset", l.Offset); err != nil {
		return err
	}
	if l.Stacked && p != inExperts {
		return fmt.Errorf("stacked, but this is no expert's module")
	}
	if heads := l.InterleavedHeads; heads != 0 {
		if u.kind != Linear {
			return fmt.Errorf("interleaved_heads %d, but only a linear map has heads", heads)
		}
		if heads > maxSize || u.out%(2*int(heads)) != 0 {
			return fmt.Errorf("%d rows are not %d heads of two halves", u.out, heads)
		}
	}
	return nil
}

// weight is where a module's weight must lie.
func (u use) weight(layer, expert int) Tensor {
	shape := []int{u.out, u.in}
	if u.kind == Norm {
		shape = u.vector()
	}
	l := u.layout(expert)
	if l.Transposed {
		slices.Reverse(shape)
	}
	return Tensor{Name: u.tensor(layer, expert) + ".weight", Shape: u.stacked(l, shape), Layout: l}
}

// bias is where a module's bias must lie. Its offset is 0: what is added to a
// norm's weight is not added to its bias.
func (u use) bias(layer, expert int) Tensor {
	l := u.layout(expert)
	l.Transposed, l.Offset = false, 0
	return Tensor{Name: u.tensor(layer, expert) + ".bias", Shape: u.stacked(l, u.vector()), Layout: l}
}

// vector is how a norm's weight or a bias lies.
func (u use) vector() []int {
	if u.groups != 0 {
		return []int{u.groups, u.out / u.groups}
	}
	return []int{u.out}
}

func (u use) stacked(l Layout, shape []int) []int {
	if l.Stacked {
		return append([]int{u.experts}, shape...)
	}
	return shape
}

// layout expands the module's layout for one expert.
func (u use) layout(expert int) Layout {
	out := Layout{Folded: u.groups != 0}
	l := u.module.Layout
	if l == nil {
		return out
	}
	out.Transposed, out.InterleavedHeads, out.Offset, out.Stacked = l.Transposed, int(l.InterleavedHeads), l.Offset, l.Stacked
	if l.Stacked {
		out.Index = expert
	}
	return out
}

// tensor is the prefix of the module's tensors.
func (u use) tensor(layer, expert int) string {
	if u.module.Tensor != "" {
		return Expand(u.module.Tensor, layer, expert)
	}
	return Expand(u.module.Path, layer, expert)
}

// fusedParts checks and expands the parts of a fused map.
func fusedParts(l *archpb.Linear, out int) ([]Part, error) {
	var want []archpb.Role
	switch l.Module.GetRole() {
	case archpb.Role_ROLE_QKV:
		want = []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V}
	case archpb.Role_ROLE_GATE_UP:
		want = []archpb.Role{archpb.Role_ROLE_GATE, archpb.Role_ROLE_UP}
	default:
		if l.Parts != nil {
			return nil, fmt.Errorf("a map of role %v has none", l.Module.GetRole())
		}
		return nil, nil
	}
	roles := l.Parts.GetRoles()
	if sorted := slices.Sorted(slices.Values(roles)); !slices.Equal(sorted, want) {
		return nil, fmt.Errorf("roles %v, expected each of %v once", roles, want)
	}
	if len(l.Parts.Sizes) != len(roles) {
		return nil, fmt.Errorf("%d sizes for %d roles", len(l.Parts.Sizes), len(roles))
	}
	sizes, err := cut(l.Parts.Sizes, l.Parts.Groups, out)
	if err != nil {
		return nil, err
	}
	parts, row := make([]Part, len(roles)), 0
	for range max(int(l.Parts.Groups), 1) {
		for i, n := range sizes {
			parts[i].Role = roles[i]
			parts[i].Rows = append(parts[i].Rows, Span{First: row, Count: n})
			row += n
		}
	}
	return parts, nil
}

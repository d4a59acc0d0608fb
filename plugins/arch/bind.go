package arch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// binding matches modules and tensors.
type binding struct {
	headers map[string]TensorHeader
	claims  map[string]claim
	family  string
}

// bind gives every module its tensors and wants every tensor used, tied or ignored.
func (a *Architecture) bind(modules []placed, tensors []TensorHeader, ignore []string) error {
	b := &binding{headers: make(map[string]TensorHeader, len(tensors)), claims: make(map[string]claim), family: a.Family}
	for _, t := range tensors {
		if _, twice := b.headers[t.Name]; twice {
			return fmt.Errorf("tensor %q is in the checkpoint twice", t.Name)
		}
		b.headers[t.Name] = t
	}
	for _, p := range modules {
		if p.m != nil {
			p.m.Weight = p.weight(p.layer, p.expert)
			if p.module.Bias {
				bias := p.bias(p.layer, p.expert)
				p.m.Bias = &bias
			}
		}
	}
	for _, p := range modules {
		if p.m != nil && p.module.TiedTo != "" {
			owner, err := a.tie(p)
			if err != nil {
				return fmt.Errorf("%s: %w", p.where(), err)
			}
			b.share(p.m, owner)
		}
	}
	for _, p := range modules {
		if err := b.use(p); err != nil {
			return fmt.Errorf("%s: %w", p.where(), err)
		}
	}
	for _, pattern := range ignore {
		if strings.Trim(pattern, "*.") == "" || len(pattern) > maxName {
			return fmt.Errorf("ignore: pattern %.40q, expected one that names something, of at most %d bytes", pattern, maxName)
		}
	}
	return b.rest(tensors, ignore)
}

// share lets two modules share one tensor. As transformers does, it is the one that
// the checkpoint has; where it has both, the owner's, and the other is noted.
func (b *binding) share(m, owner *Module) {
	m.TiedTo = owner.Path
	own := m.Weight
	_, ownThere := b.headers[own.Name]
	_, ownersThere := b.headers[owner.Weight.Name]
	switch {
	case ownThere && ownersThere && own.Name != owner.Weight.Name:
		m.Copy = &own
	case ownThere && !ownersThere:
		owner.Weight = own
	}
	m.Weight = owner.Weight
}

// use takes the tensors of one place.
func (b *binding) use(p placed) error {
	if p.m == nil {
		return b.take(Tensor{Name: p.divisors, Shape: []int{p.out}}, frequencies)
	}
	if p.m.TiedTo == "" {
		if err := b.take(p.m.Weight, p.m.Path); err != nil {
			return err
		}
	}
	if p.m.Copy != nil {
		if err := b.take(*p.m.Copy, p.m.Path); err != nil {
			return err
		}
	}
	if p.m.Bias != nil {
		return b.take(*p.m.Bias, p.m.Path)
	}
	return nil
}

// take marks a tensor as used, if it is as expected.
func (b *binding) take(t Tensor, user string) error {
	found, ok := b.headers[t.Name]
	if !ok {
		return &mismatch{fmt.Sprintf("the checkpoint has no tensor %q, expected one of shape %v", t.Name, t.Shape)}
	}
	if !slices.Equal(found.Shape, t.Shape) {
		return &mismatch{fmt.Sprintf("tensor %q has shape %v, expected %v", t.Name, found.Shape, t.Shape)}
	}
	if !holdsNumbers(found.DType) {
		return fmt.Errorf("tensor %q has type %s, expected a floating-point or GGUF block type", t.Name, found.DType)
	}
	c, again := b.claims[t.Name]
	if !again {
		c = claim{user: user, stacked: t.Layout.Stacked, parts: make(map[int]string)}
		b.claims[t.Name] = c
	}
	part := c.parts[t.Layout.Index]
	c.parts[t.Layout.Index] = user
	switch {
	case !again || user == frequencies && c.user == frequencies:
	case c.stacked && t.Layout.Stacked && part == "":
	default:
		return fmt.Errorf("tensor %q is used by %s already", t.Name, cmp.Or(part, c.user))
	}
	return nil
}

// claim is who uses a tensor: a stacked one has a user a part.
type claim struct {
	user    string
	stacked bool
	parts   map[int]string
}

// frequencies is the user of a tensor that divides RoPE's frequencies. Many steps
// may share one.
const frequencies = "the RoPE frequencies"

// holdsNumbers reports whether entries of that type are the weights themselves.
// Integers are not: they are codes of a quantised checkpoint, or indices.
func holdsNumbers(dtype string) bool {
	switch dtype {
	case "", "BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64":
		return false
	}
	return true
}

// rest refuses tensors that nothing uses.
func (b *binding) rest(tensors []TensorHeader, ignore []string) error {
	var left []TensorHeader
	for _, t := range tensors {
		if _, used := b.claims[t.Name]; !used && !slices.ContainsFunc(ignore, func(p string) bool { return match(p, t.Name) }) {
			left = append(left, t)
		}
	}
	if len(left) == 0 {
		return nil
	}
	slices.SortFunc(left, func(x, y TensorHeader) int { return strings.Compare(x.Name, y.Name) })
	more := ""
	if n := len(left) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return &mismatch{fmt.Sprintf("the checkpoint has tensor %q (%s %v)%s, which the description of family %q does not use",
		left[0].Name, left[0].DType, left[0].Shape, more, b.family)}
}

// mismatch says that the checkpoint's tensors are not those of its configuration.
type mismatch struct{ text string }

func (e *mismatch) Error() string { return e.text }

// Hint implements the errors' Hint method.
func (e *mismatch) Hint() string {
	return "the checkpoint is incomplete, its configuration is another model's, or its plugin does not know this variant"
}

// match reports whether a glob matches a name; '*' stands for any run of characters.
func match(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	if !star {
		return name == ""
	}
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], after
	}
}

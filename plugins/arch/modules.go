package arch

import (
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// use is one module of a program, with {layer} and {expert} unexpanded; or an
// experts' body; or, with divisors set, a tensor of out entries that is no module.
type use struct {
	where   string // the step, for messages; a body's counts within it
	module  *archpb.Module
	kind    Kind
	out, in int
	groups  int // of a norm's vectors that lie as [groups, out/groups]; else 0
	fan     bool
	parts   []Part

	experts int   // in an experts' body, and for the body itself: how many; else 0
	body    []use // an experts' body, and then nothing else

	divisors string
}

func (f *flow) embed(e *archpb.Embed, in []string) ([]int, error) {
	rows, err := size("rows", e.Rows)
	if err != nil {
		return nil, err
	}
	width, err := size("width", e.Width)
	if err != nil {
		return nil, err
	}
	if e.Offset >= e.Rows {
		return nil, fmt.Errorf("offset %d leaves no row of %d", e.Offset, rows)
	}
	want := archpb.Role_ROLE_EMBED
	switch {
	case len(in) == 1 && in[0] == tokens:
	case len(in) == 1 && in[0] == positions:
		want = archpb.Role_ROLE_POSITION
	default:
		return nil, fmt.Errorf("in is %q, expected %q or %q", in, tokens, positions)
	}
	if role := e.Module.GetRole(); role != want {
		return nil, fmt.Errorf("an embedding of %q has role %v, expected %v", in[0], role, want)
	}
	return []int{width}, f.add(use{module: e.Module, kind: Embedding, out: rows, in: width})
}

func (f *flow) linear(l *archpb.Linear, x *value) ([]int, error) {
	switch role := l.Module.GetRole(); role {
	case archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V, archpb.Role_ROLE_QKV, archpb.Role_ROLE_O,
		archpb.Role_ROLE_GATE, archpb.Role_ROLE_UP, archpb.Role_ROLE_GATE_UP, archpb.Role_ROLE_DOWN:
	case archpb.Role_ROLE_UNEMBED:
		if f.place != inEpilogue {
			return nil, fmt.Errorf("the unembedding belongs in the epilogue")
		}
		f.unembedded = true
	default:
		return nil, fmt.Errorf("a linear map has role %v", role)
	}
	return f.linearMap(l, x)
}

// linearMap is linear without the look at the role.
func (f *flow) linearMap(l *archpb.Linear, x *value) ([]int, error) {
	in, err := size("in", l.In)
	if err != nil {
		return nil, err
	}
	out, err := size("out", l.Out)
	if err != nil {
		return nil, err
	}
	if x.width != in {
		return nil, fmt.Errorf("in is %d, but its input has width %d", in, x.width)
	}
	parts, err := fusedParts(l, out)
	if err != nil {
		return nil, fmt.Errorf("parts: %w", err)
	}
	return []int{out}, f.add(use{module: l.Module, kind: Linear, out: out, in: in, fan: l.FanInFanOut, parts: parts})
}

func (f *flow) norm(n *archpb.Norm, x *value) ([]int, error) {
	switch n.Kind {
	case archpb.Norm_KIND_RMS, archpb.Norm_KIND_LAYER:
	default:
		return nil, fmt.Errorf("unknown kind %v", n.Kind)
	}
	width, err := size("width", n.Width)
	if err != nil {
		return nil, err
	}
	if x.width%width != 0 {
		return nil, fmt.Errorf("width is %d, but its input has width %d", width, x.width)
	}
	out, groups := width, int64(n.Groups)
	if groups != 0 {
		if out = x.width; groups != int64(out/width) {
			return nil, fmt.Errorf("groups is %d, expected %d, the input's runs of %d entries", groups, out/width, width)
		}
	}
	if err := notNegative("eps", n.Eps); err != nil {
		return nil, err
	}
	if err := finite("offset", n.Offset); err != nil {
		return nil, err
	}
	if n.Module == nil {
		return []int{x.width}, nil
	}
	if role := n.Module.Role; role != archpb.Role_ROLE_NORM {
		return nil, fmt.Errorf("a norm has role %v", role)
	}
	return []int{x.width}, f.add(use{module: n.Module, kind: Norm, out: out, groups: int(groups)})
}

func (f *flow) experts(x *archpb.Experts, in *value) ([]int, error) {
	if x.Count == 0 || x.Count > maxExperts {
		return nil, fmt.Errorf("count is %d, expected 1 to %d", x.Count, maxExperts)
	}
	if x.TopK == 0 || x.TopK > x.Count {
		return nil, fmt.Errorf("top_k is %d, expected 1 to %d", x.TopK, x.Count)
	}
	if x.Router == nil {
		return nil, fmt.Errorf("there is no router")
	}
	if role := x.Router.Module.GetRole(); role != archpb.Role_ROLE_ROUTER {
		return nil, fmt.Errorf("the router has role %v", role)
	}
	if x.Router.Out != x.Count {
		return nil, fmt.Errorf("the router gives %d logits, expected one for each of %d experts", x.Router.Out, x.Count)
	}
	if _, err := f.linearMap(x.Router, in); err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	body := newFlow(inExperts)
	body.set(expertIn, &value{width: in.width})
	width, err := body.run("body", x.Body, "")
	if err != nil {
		return nil, err
	}
	for i := range body.uses {
		body.uses[i].experts = int(x.Count)
	}
	f.uses = append(f.uses, use{body: body.uses, experts: int(x.Count)})
	return []int{width}, nil
}

// add notes a module and checks what concerns it alone.
func (f *flow) add(u use) error {
	m := u.module
	if m == nil {
		return fmt.Errorf("there is no module")
	}
	if err := checkTemplate("path", m.Path); err != nil {
		return err
	}
	if m.Tensor != "" {
		if err := checkName("tensor", m.Tensor); err != nil {
			return err
		}
	}
	if _, ok := product(u.out, max(u.in, 1)); !ok {
		return fmt.Errorf("[%d, %d] is more than %d entries", u.out, u.in, maxEntries)
	}
	if m.Bias && u.kind == Embedding {
		return fmt.Errorf("an embedding has no bias")
	}
	if m.TiedTo != "" && (m.Role != archpb.Role_ROLE_UNEMBED || u.kind != Linear) {
		return fmt.Errorf("tied to %.100s: only the unembedding may share a weight", m.TiedTo)
	}
	if err := checkLayout(u, f.place); err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	f.uses = append(f.uses, u)
	return nil
}

// checkTemplate wants a path that PyTorch's modules can have: names of letters,
// digits, '_' and '-' between dots; and {layer} and {expert}.
func checkTemplate(what, path string) error {
	if err := checkName(what, path); err != nil {
		return err
	}
	for name := range strings.SplitSeq(Expand(path, 0, 0), ".") {
		ok := name != ""
		for _, r := range name {
			ok = ok && (r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
		}
		if !ok {
			return fmt.Errorf("%s %q: expected names of letters, digits, '_' and '-' between dots", what, path)
		}
	}
	return nil
}

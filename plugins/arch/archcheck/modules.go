package archcheck

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// checkNames wants the last names of modules with and without an adapter to differ:
// with them PEFT's target_modules are commonly written ("q_proj", "down_proj").
func checkNames(a *arch.Architecture, c Checkpoint) Result {
	const adapted, bare = 1, 2
	r := Result{Check: "PEFT paths", About: c.Name}
	kinds, first := make(map[string]int), make(map[string]string)
	var targets []string
	for _, m := range a.Modules {
		kind := adapted
		if m.Kind == arch.Norm || m.Role == archpb.Role_ROLE_ROUTER {
			kind = bare
		}
		name := last(m.Path)
		if m.Kind == arch.Linear && kind == adapted && m.Role != archpb.Role_ROLE_UNEMBED && !slices.Contains(targets, name) {
			targets = append(targets, name)
		}
		if kinds[name] == 0 {
			kinds[name], first[name] = kind, m.Path
		} else if kinds[name] != kind {
			kinds[name] = kind
			r.add(Problem{Found: fmt.Sprintf("modules %s and %s that end in %q", first[name], m.Path, name),
				Expected: "other ends: only one of them may have an adapter, and PEFT's target_modules name ends"})
		}
	}
	r.add(renamed(a, c)...)
	slices.Sort(targets)
	r.Detail = "adapters for " + strings.Join(targets, ", ")
	return r
}

// renamed notes modules whose tensors a HuggingFace folder has under another last name
// than their path's. That is right where the class renames what it loads, and else a
// path that PEFT will not find.
func renamed(a *arch.Architecture, c Checkpoint) []Problem {
	if c.GGUF {
		return nil
	}
	var example *arch.Module
	n := 0
	for _, m := range a.Modules {
		if m.TiedTo == "" && !m.Weight.Layout.Stacked && last(m.Path) != last(strings.TrimSuffix(m.Weight.Name, ".weight")) {
			n++
			example = cmp.Or(example, m)
		}
	}
	if n == 0 {
		return nil
	}
	return []Problem{{Note: true, Subject: example.Path,
		Found:    fmt.Sprintf("tensor %s (%s called otherwise than their tensors)", example.Weight.Name, count(n, "module")),
		Expected: "a path as named_modules() of HuggingFace's class gives it"}}
}

// count is "1 module", "2 modules".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// checkParameters compares the description's parameters with the tensors' entries.
func checkParameters(a *arch.Architecture, c Checkpoint) Result {
	r := Result{Check: "parameters", About: c.Name, Detail: fmt.Sprint(a.Parameters())}
	unused := make(map[string]bool)
	for _, t := range c.Tensors {
		unused[t.Name] = true
	}
	for _, m := range a.Modules {
		delete(unused, m.Weight.Name)
		if m.Bias != nil {
			delete(unused, m.Bias.Name)
		}
	}
	var sum int64
	for _, t := range c.Tensors {
		if !unused[t.Name] {
			sum += entries(t)
		}
	}
	if n := a.Parameters(); n != sum {
		r.add(Problem{Found: fmt.Sprint(n), Expected: fmt.Sprintf("%d, the entries of the tensors that are used", sum)})
	}
	if n := a.Parameters(); c.Parameters != 0 && n != c.Parameters {
		r.add(Problem{Found: fmt.Sprint(n), Expected: fmt.Sprint(c.Parameters)})
	}
	return r
}

func entries(t arch.TensorHeader) int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n
}

func sorted(tensors []arch.TensorHeader) []arch.TensorHeader {
	return slices.SortedFunc(slices.Values(tensors), func(a, b arch.TensorHeader) int { return cmp.Compare(a.Name, b.Name) })
}

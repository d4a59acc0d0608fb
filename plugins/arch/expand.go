package arch

import (
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// placed is a use at one layer and expert.
type placed struct {
	use
	layer, expert int
	m             *Module // nil: divisors
}

// where names it for messages.
func (p placed) where() string {
	s := p.use.where
	if p.layer != Outside {
		s += fmt.Sprintf(", layer %d", p.layer)
	}
	if p.expert >= 0 {
		s += fmt.Sprintf(", expert %d", p.expert)
	}
	return s
}

// expand lists the modules of every layer and gives each its path.
func (a *Architecture) expand(p programs) ([]placed, error) {
	total := count(p.prologue) + count(p.epilogue)
	for _, b := range a.Layers {
		total += count(p.blocks[b])
		if total > maxModules {
			return nil, fmt.Errorf("the description has more than %d modules", maxModules)
		}
	}
	var all []placed
	all = put(all, p.prologue, Outside, -1)
	for layer, b := range a.Layers {
		all = put(all, p.blocks[b], layer, -1)
	}
	all = put(all, p.epilogue, Outside, -1)
	for i := range all {
		if err := a.name(&all[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].where(), err)
		}
	}
	return all, a.checkSuffixes(all)
}

// count is the modules of a program at one layer, or more than maxModules.
func count(uses []use) int {
	n := 0
	for _, u := range uses {
		if n += max(1, u.experts*len(u.body)); n > maxModules {
			break
		}
	}
	return n
}

// put lists a program's uses at one layer, an experts' body expert by expert.
func put(all []placed, uses []use, layer, expert int) []placed {
	for _, u := range uses {
		if u.body == nil {
			all = append(all, placed{use: u, layer: layer, expert: expert})
			continue
		}
		for e := range u.experts {
			first := len(all)
			all = put(all, u.body, layer, e)
			for i := first; i < len(all); i++ {
				all[i].use.where = u.where + " " + all[i].use.where
			}
		}
	}
	return all
}

// name makes the module of one place.
func (a *Architecture) name(p *placed) error {
	if p.module == nil {
		return nil
	}
	path := p.module.Path
	if p.layer == Outside && strings.Contains(path, "{layer}") {
		return fmt.Errorf("path %q names a layer outside the layers", path)
	}
	if p.expert < 0 && strings.Contains(path, "{expert}") {
		return fmt.Errorf("path %q names an expert outside the experts", path)
	}
	path = Expand(path, p.layer, p.expert)
	if a.byPath[path] != nil {
		return fmt.Errorf("path %q is another module's", path)
	}
	p.m = &Module{
		Path: path, Layer: p.layer, Expert: p.expert, Kind: p.kind, Role: p.module.Role,
		Out: p.out, In: p.in, FanInFanOut: p.fan, Parts: p.parts,
	}
	a.byPath[path] = p.m
	a.Modules = append(a.Modules, p.m)
	return nil
}

// checkSuffixes refuses a path that is the end of another's: PEFT's target_modules
// name the modules whose path is or ends in theirs, so that the one could not be
// meant without the other.
func (a *Architecture) checkSuffixes(all []placed) error {
	for _, p := range all {
		if p.m == nil {
			continue
		}
		for rest := p.m.Path; ; {
			dot := strings.IndexByte(rest, '.')
			if dot < 0 {
				break
			}
			rest = rest[dot+1:]
			if a.byPath[rest] != nil {
				return fmt.Errorf("%s: path %q ends in the path of another module, %q", p.where(), p.m.Path, rest)
			}
		}
	}
	return nil
}

// tie finds the owner of a tied module's weight.
func (a *Architecture) tie(p placed) (*Module, error) {
	owner := a.byPath[p.module.TiedTo]
	if owner == nil {
		return nil, fmt.Errorf("tied to %.100q, which is no module", p.module.TiedTo)
	}
	if owner.Role != archpb.Role_ROLE_EMBED {
		return nil, fmt.Errorf("tied to %s, which is no embedding of tokens", owner.Path)
	}
	if owner.Out != p.out || owner.In != p.in {
		return nil, fmt.Errorf("tied to %s of shape [%d, %d], expected [%d, %d]", owner.Path, owner.Out, owner.In, p.out, p.in)
	}
	return owner, nil
}

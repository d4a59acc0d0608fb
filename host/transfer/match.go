package transfer

import (
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// key is what matches a part of a layer across models: its role; for an expert's,
// which expert; and where a layer has several of one role, which of them.
type key struct {
	role   archpb.Role
	expert int // -1: not an expert's
	nth    int
}

func (k key) String() string {
	s := peft.RoleName(k.role)
	if k.expert >= 0 {
		s += fmt.Sprintf(" of expert %d", k.expert)
	}
	if k.nth > 0 {
		s += fmt.Sprintf(" (number %d)", k.nth+1)
	}
	return s
}

// source is one part of a teacher's layer: a linear map, or rows of a fused one.
type source struct {
	module  *arch.Module
	rows    []arch.Span // nil: all
	out, in int
}

// target is one linear map of a student's layer, with its parts in order; one that is
// not fused has one part.
type target struct {
	module *arch.Module
	parts  []targetPart
}

type targetPart struct {
	key  key
	rows []arch.Span // nil: all
	out  int
}

// attention and ffn are the roles that --modules chooses; a fused map's parts have
// roles of their own.
var (
	attentionRoles = []archpb.Role{archpb.Role_ROLE_Q, archpb.Role_ROLE_K, archpb.Role_ROLE_V, archpb.Role_ROLE_QKV, archpb.Role_ROLE_O}
	ffnRoles       = []archpb.Role{archpb.Role_ROLE_GATE, archpb.Role_ROLE_UP, archpb.Role_ROLE_GATE_UP, archpb.Role_ROLE_DOWN}
)

// wants reports whether a role is among those that modules chooses.
func wants(modules string, role archpb.Role) bool {
	attention, ffn := slices.Contains(attentionRoles, role), slices.Contains(ffnRoles, role)
	switch modules {
	case Attention:
		return attention
	case FFN:
		return ffn
	case Embeddings:
		return false
	}
	return attention || ffn
}

// targetsOf lists a layer's linear maps that are chosen, in program order. Norms have
// no adapter, and expert routers get none.
func targetsOf(modules []*arch.Module, which string) []target {
	var list []target
	count := make(map[key]int)
	for _, m := range modules {
		if m.Kind != arch.Linear {
			continue
		}
		t := target{module: m, parts: partsOf(m, count)}
		if wants(which, m.Role) {
			list = append(list, t)
		}
	}
	return list
}

// sourcesOf is a layer's parts by what they match.
func sourcesOf(modules []*arch.Module) map[key]source {
	sources := make(map[key]source)
	count := make(map[key]int)
	for _, m := range modules {
		if m.Kind != arch.Linear {
			continue
		}
		for _, p := range partsOf(m, count) {
			sources[p.key] = source{m, p.rows, p.out, m.In}
		}
	}
	return sources
}

// partsOf cuts a linear map into its parts. count numbers those of one role.
func partsOf(m *arch.Module, count map[key]int) []targetPart {
	number := func(role archpb.Role) key {
		k := key{role: role, expert: m.Expert}
		count[k]++
		k.nth = count[k] - 1
		return k
	}
	if m.Parts == nil {
		return []targetPart{{number(m.Role), nil, m.Out}}
	}
	var parts []targetPart
	for _, p := range m.Parts {
		out := 0
		for _, s := range p.Rows {
			out += s.Count
		}
		parts = append(parts, targetPart{number(p.Role), p.Rows, out})
	}
	return parts
}

// class tells layers apart by their targets' roles and shapes: what is taken of a
// teacher's layer is the same for all the student's layers of one class.
func class(targets []target) string {
	s := ""
	for _, t := range targets {
		s += fmt.Sprint(t.module.Out, t.module.In)
		for _, p := range t.parts {
			s += fmt.Sprint(" ", p.key, p.rows, p.out)
		}
		s += ";"
	}
	return s
}

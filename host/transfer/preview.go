package transfer

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// Preview is what a transfer would take from where, as far as it is known before
// anything is measured.
type Preview struct {
	// Layers are the teacher's layers for the student's layers 0, 1, ... nil: the
	// scores will say.
	Layers  []int    `json:"layers"`
	Matches []Match  `json:"matches"` // in the student's program order
	LeftOut []string `json:"left_out"`
	// Bytes is what the adapter's weights will take on disk.
	Bytes int64 `json:"bytes"`
}

// Match is matrices of the student that get windows of one shape out of matrices of
// one shape. Shapes are [out, in], an embedding's [rows, width].
type Match struct {
	Role    string `json:"role"`           // of the student's module
	Part    string `json:"part,omitempty"` // of a fused one, the role of the part
	Modules int    `json:"modules"`        // of the student
	Student [2]int `json:"student"`
	Teacher [2]int `json:"teacher"`
	// Window is what is taken; smaller than Student where the teacher is.
	Window [2]int `json:"window"`
}

// Share is how much of the teacher's matrix the window is.
func (m Match) Share() float64 {
	return float64(m.Window[0]) * float64(m.Window[1]) / (float64(m.Teacher[0]) * float64(m.Teacher[1]))
}

// NewPreview matches the models. What does not fit is the error that Run would give.
func NewPreview(teacher, student Model, opts Options) (*Preview, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	p, err := newPlan(teacher, student, opts)
	if err != nil {
		return nil, err
	}
	return p.preview(), nil
}

func (p *plan) preview() *Preview {
	v := &Preview{Layers: p.depth.fixed(), Matches: p.matches(), LeftOut: append([]string{}, p.leftOut...)}
	for _, n := range p.entries() {
		v.Bytes += int64(p.opts.Rank) * 4 * n
	}
	// Two adapters of the rank, or one of twice the rank.
	v.Bytes *= 2
	return v
}

// matches lists what may come about, shapes of one kind once.
func (p *plan) matches() []Match {
	type found struct {
		Match
		order   int
		modules map[string]bool
	}
	byKind := make(map[Match]*found)
	take := func(m Match, order int, path string) {
		f := byKind[m]
		if f == nil {
			f = &found{m, order, make(map[string]bool)}
			byKind[m] = f
		}
		f.order = min(f.order, order)
		f.modules[path] = true
	}
	for l, sources := range p.sources {
		for _, k := range p.depth.students(l) {
			for i, t := range p.targets[k] {
				if missing(t, sources) != "" {
					continue
				}
				for j, part := range t.parts {
					m := matchOf(t.module.Role, part.out, t.module.In, sources[part.key].out, sources[part.key].in)
					if len(t.parts) > 1 {
						m.Part = peft.RoleName(part.key.role)
					}
					take(m, 1+i*100+min(j, 99), t.module.Path)
				}
			}
		}
	}
	for _, e := range p.embeddings {
		order := 0
		if !e.lookup() {
			order = 1 << 30
		}
		take(matchOf(e.student.Role, e.student.Out, e.student.In, e.teacher.Out, e.teacher.In), order, e.student.Path)
	}
	list := make([]*found, 0, len(byKind))
	for _, f := range byKind {
		f.Modules = len(f.modules)
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *found) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(fmt.Sprint(a.Match), fmt.Sprint(b.Match)))
	})
	matches := make([]Match, len(list))
	for i, f := range list {
		matches[i] = f.Match
	}
	return matches
}

func matchOf(role archpb.Role, out, in, teacherOut, teacherIn int) Match {
	return Match{
		Role: peft.RoleName(role), Student: [2]int{out, in}, Teacher: [2]int{teacherOut, teacherIn},
		Window: [2]int{min(out, teacherOut), min(in, teacherIn)},
	}
}

// entries is, for each module that gets factors, how many its two factors have at rank
// 1. Which of the teacher's layers a student's layer gets makes no difference but where
// one has no counterpart.
func (p *plan) entries() []int64 {
	var list []int64
	for k, targets := range p.targets {
		for _, t := range targets {
			if missing(t, p.sources[min(p.depth.someTeacher(k), len(p.sources)-1)]) == "" {
				list = append(list, int64(t.module.Out)+int64(t.module.In))
			}
		}
	}
	for _, e := range p.embeddings {
		list = append(list, int64(e.student.Out)+int64(e.student.In))
	}
	return list
}

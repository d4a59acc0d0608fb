package transfer

import (
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// plan is what is taken from where, as far as it is known before the scores are.
type plan struct {
	teacher, student Model
	opts             Options
	depth            depth
	sources          []map[key]source // by the teacher's layer
	targets          [][]target       // by the student's layer
	classes          []int            // by the student's layer: the first layer like it
	embeddings       []embedding
	leftOut          []string
	said             map[string]bool // modules that leftOut speaks of
}

// newPlan matches the models and refuses what does not fit.
func newPlan(teacher, student Model, opts Options) (*plan, error) {
	p := &plan{teacher: teacher, student: student, opts: opts, said: make(map[string]bool)}
	p.depth = depth{opts.Layers, len(teacher.Arch.Layers), len(student.Arch.Layers), opts.RNGSeed}
	if p.depth.teacher < p.depth.student && !opts.AllowSmaller && opts.Modules != Embeddings {
		return nil, tooSmall(fmt.Errorf("the student has %d layers, but the teacher has %d", p.depth.student, p.depth.teacher),
			"spreads the teacher's layers over the student's")
	}
	for _, modules := range byLayer(teacher.Arch) {
		p.sources = append(p.sources, sourcesOf(modules))
	}
	for _, modules := range byLayer(student.Arch) {
		p.targets = append(p.targets, targetsOf(modules, opts.Modules))
	}
	p.dropShadowed()
	p.dropPartialExperts()
	first := make(map[string]int)
	for k, targets := range p.targets {
		c := class(targets)
		if _, ok := first[c]; !ok {
			first[c] = k
		}
		p.classes = append(p.classes, first[c])
	}
	if err := p.match(); err != nil {
		return nil, err
	}
	if err := p.matchEmbeddings(); err != nil {
		return nil, err
	}
	if !p.any() {
		return nil, hint.With(fmt.Errorf("nothing of %s can be given to %s: %s", teacher.name(), student.name(), strings.Join(p.leftOut, "; ")),
			"see what the models have with nugget inspect")
	}
	return p, nil
}

func tooSmall(err error, does string) error {
	return hint.With(err, "teacher and student may have changed places; else --allow-smaller "+does)
}

// byLayer sorts the modules by their layer.
func byLayer(a *arch.Architecture) [][]*arch.Module {
	layers := make([][]*arch.Module, len(a.Layers))
	for _, m := range a.Modules {
		if m.Layer != arch.Outside {
			layers[m.Layer] = append(layers[m.Layer], m)
		}
	}
	return layers
}

// match checks every pair of layers that may come about.
func (p *plan) match() error {
	matched := make(map[string]bool)
	for l, sources := range p.sources {
		for _, k := range p.depth.students(l) {
			for _, t := range p.targets[k] {
				if missing(t, sources) != "" {
					continue
				}
				matched[t.module.Path] = true
				if err := p.fits(t, sources); err != nil {
					return err
				}
			}
		}
	}
	p.sayLeftOut(func(k int, t target) string {
		if matched[t.module.Path] {
			return ""
		}
		return missing(t, p.sources[p.depth.someTeacher(k)])
	})
	return nil
}

// someTeacher is a teacher's layer that may serve the student's layer k.
func (d depth) someTeacher(k int) int {
	if fixed := d.fixed(); fixed != nil {
		return fixed[k]
	}
	return k
}

// missing names a part of the target that the teacher's layer does not have; "": none.
func missing(t target, sources map[key]source) string {
	for _, part := range t.parts {
		if _, ok := sources[part.key]; !ok {
			return part.key.String()
		}
	}
	return ""
}

// fits compares sizes, and the rank with the window's.
func (p *plan) fits(t target, sources map[key]source) error {
	rows, cols := 0, 0
	for _, part := range t.parts {
		s := sources[part.key]
		if (s.out < part.out || s.in < t.module.In) && !p.opts.AllowSmaller {
			return tooSmall(fmt.Errorf("%s: the student's %s is [%d, %d], but the teacher's, in %s, is only [%d, %d]",
				t.module.Path, part.key, part.out, t.module.In, s.module.Path, s.out, s.in), "pads the window with zeros")
		}
		rows += min(s.out, part.out)
		cols = max(cols, min(s.in, t.module.In))
	}
	return p.checkRank(t.module.Path, rows, cols)
}

func (p *plan) checkRank(path string, rows, cols int) error {
	if p.opts.Rank <= min(rows, cols) {
		return nil
	}
	return hint.With(fmt.Errorf("%s: rank %d is larger than the window [%d, %d]", path, p.opts.Rank, rows, cols),
		fmt.Sprintf("--rank %d is the largest that this module can have", min(rows, cols)))
}

// sayLeftOut adds a line for each kind of target for which why gives a reason.
func (p *plan) sayLeftOut(why func(k int, t target) string) {
	type kind struct{ role, reason string }
	var order []kind
	paths := make(map[kind][]string)
	for k, targets := range p.targets {
		for _, t := range targets {
			reason := why(k, t)
			if reason == "" || p.said[t.module.Path] {
				continue
			}
			p.said[t.module.Path] = true
			c := kind{peft.RoleName(t.module.Role), reason}
			if paths[c] == nil {
				order = append(order, c)
			}
			paths[c] = append(paths[c], t.module.Path)
		}
	}
	for _, c := range order {
		line := paths[c][0]
		if n := len(paths[c]); n > 1 {
			line = fmt.Sprintf("%s and %d more %s", line, n-1, c.role)
		}
		p.leaveOut(line, "the teacher's layer has no "+c.reason)
	}
}

// leaveOut tells what is left out and why, and keeps it for Report.LeftOut.
func (p *plan) leaveOut(what, why string) {
	p.leftOut = append(p.leftOut, what+": "+why)
	p.opts.Message(what + ": left out, because " + why)
}

// any reports whether there is anything to transfer.
func (p *plan) any() bool {
	if len(p.embeddings) > 0 {
		return true
	}
	for l, sources := range p.sources {
		for _, k := range p.depth.students(l) {
			for _, t := range p.targets[k] {
				if missing(t, sources) == "" {
					return true
				}
			}
		}
	}
	return false
}

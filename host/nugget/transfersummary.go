package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/host/transfer"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// printTransfer prints what was taken from where, and how the result is used.
func (a *app) printTransfer(r *transfer.Report, student *arch.Architecture, dir string) error {
	o := r.Options
	loss := 0.0
	for _, l := range r.Losses {
		loss += l / float64(len(r.Losses))
	}
	rank := o.Rank
	if o.Start == transfer.Plain {
		rank *= 2
	}
	rows := [][]string{
		{"adapter", fmt.Sprintf("%s (%s, rank %d)", dir, plural(len(r.Modules), "module"), rank)},
		{"teacher", fmt.Sprintf("%s, loss %.4f (%s, %s)", r.Teacher.Path, loss, plural(r.Seeds.Samples, "seed"), plural(r.Seeds.Counted, "token"))},
		{"layers", fmt.Sprintf("%s of %d, for the student's %d", listed(r.Layers), r.Teacher.Layers, r.Student.Layers)},
	}
	for _, line := range r.LeftOut {
		rows = append(rows, []string{"left out", line})
	}
	if err := a.stdout.columns(rows); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	if err := a.stdout.columns(windowTable(r.Modules, student)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "\n%s\n", usage(o.Start, dir))
	return err
}

// usage says how the adapter is loaded.
func usage(start, dir string) string {
	if start == transfer.Plain {
		return fmt.Sprintf("To train it: PeftModel.from_pretrained(student, %q, is_trainable=True)", dir)
	}
	return fmt.Sprintf("To train it: student = PeftModel.from_pretrained(student, %q).merge_and_unload(),\n"+
		"then PeftModel.from_pretrained(student, %q, is_trainable=True)", filepath.Join(dir, "negative"), filepath.Join(dir, "init"))
}

// windowTable says, by the modules' role, how much of the teacher's sensitivity lies in
// the windows, and how much of these the rank keeps.
func windowTable(modules []transfer.ModuleReport, student *arch.Architecture) [][]string {
	type sums struct {
		modules, windows int
		share, energy    float64
	}
	byRole := map[string]*sums{}
	for _, m := range modules {
		role := peft.RoleName(student.Module(m.Path).Role)
		s := byRole[role]
		if s == nil {
			s = &sums{}
			byRole[role] = s
		}
		s.modules++
		s.energy += m.Energy
		if m.Window != nil {
			s.windows++
			s.share += m.Window.Share
		}
		for _, p := range m.Parts {
			s.windows++
			s.share += p.Window.Share
		}
	}
	rows := [][]string{{"role", "modules", "share of S in the window", "energy kept by the rank"}}
	for _, role := range roles(student) {
		s := byRole[role]
		if s == nil {
			continue
		}
		rows = append(rows, []string{role, strconv.Itoa(s.modules), percent(s.share / float64(s.windows)), percent(s.energy / float64(s.modules))})
	}
	return rows
}

func listed(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

// roles are those of a model's modules, in program order.
func roles(a *arch.Architecture) []string {
	var list []string
	for _, m := range a.Modules {
		if role := peft.RoleName(m.Role); !slices.Contains(list, role) {
			list = append(list, role)
		}
	}
	return list
}

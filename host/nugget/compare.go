package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// comparison is a teacher and a student side by side, as --json prints it.
type comparison struct {
	Teacher *inspection `json:"teacher"`
	Student *inspection `json:"student"`
	// Problem is why a transfer from one to the other is refused, "" if it is not. The
	// plan is then the one without what the problem is about.
	Problem string            `json:"problem,omitempty"`
	Plan    *transfer.Preview `json:"plan,omitempty"`

	hint string
}

// compare shows teacher and student side by side.
func (a *app) compare(c *cli.Context, teacher, student transfer.Model, inspected [2]*inspection) error {
	r := &comparison{Teacher: inspected[0], Student: inspected[1]}
	opts := transfer.Options{}
	var err error
	r.Plan, err = transfer.NewPreview(teacher, student, opts)
	if err != nil {
		r.Problem, r.hint = err.Error(), hint.Of(err)
		opts.AllowSmaller, opts.Rank = true, 1
		if r.Plan, err = transfer.NewPreview(teacher, student, opts); err != nil {
			r.Plan = nil
		}
	}
	if c.Bool("json") {
		return a.stdout.json(r)
	}
	return a.printComparison(r)
}

func (a *app) printComparison(r *comparison) error {
	rows := [][]string{{"", "teacher", "student"}}
	for _, line := range []struct {
		name string
		of   func(*inspection) string
	}{
		{"model", func(i *inspection) string { return i.Path }},
		{"family", func(i *inspection) string { return i.Family }},
		{"parameters", func(i *inspection) string { return grouped(i.Parameters) }},
		{"layers", func(i *inspection) string { return strconv.Itoa(i.Layers) }},
		{"hidden", func(i *inspection) string { return strconv.Itoa(i.Hidden) }},
		{"vocabulary", func(i *inspection) string { return strconv.Itoa(i.Vocab) }},
		{"attention", func(i *inspection) string {
			var all []string
			for _, at := range i.Attention {
				all = append(all, at.String(i.Layers))
			}
			return strings.Join(all, "; ")
		}},
		{"dtypes", (*inspection).dtypes},
		{"tokenizer", func(i *inspection) string { return i.Tokenizer.String() }},
	} {
		rows = append(rows, []string{line.name, line.of(r.Teacher), line.of(r.Student)})
	}
	if err := a.stdout.columns(rows); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	if r.Plan != nil {
		if err := a.printPlan(r.Plan, r.Teacher.Layers, r.Student.Layers); err != nil {
			return err
		}
	}
	if r.Problem != "" {
		a.ui.warning("a transfer is refused: " + r.Problem)
		if r.hint != "" {
			a.ui.hint(r.hint)
		}
	}
	return nil
}

func (a *app) printPlan(p *transfer.Preview, teacher, student int) error {
	rows := [][]string{{"layers", layersTaken(p, teacher, student)}}
	for _, line := range p.LeftOut {
		rows = append(rows, []string{"left out", line})
	}
	if err := a.stdout.columns(rows); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	return a.stdout.columns(matchTable(p.Matches))
}

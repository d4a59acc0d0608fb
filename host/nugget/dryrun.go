package main

import (
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// dryRun is what --dry-run prints: what a transfer would take from where, and what it
// would cost here.
type dryRun struct {
	Teacher  string            `json:"teacher"`
	Student  string            `json:"student"`
	Seeds    dryRunSeeds       `json:"seeds"`
	Plan     *transfer.Preview `json:"plan"`
	Estimate dryRunEstimate    `json:"estimate"`
}

type dryRunSeeds struct {
	Samples int `json:"samples"`
	Tokens  int `json:"tokens"`
	Counted int `json:"counted"`
}

// dryRunEstimate has seconds and bytes.
type dryRunEstimate struct {
	Backend string        `json:"backend"`
	Seconds dryRunSeconds `json:"seconds"`
	Memory  uint64        `json:"memory"`
	Output  int64         `json:"output"`
	Scratch int64         `json:"scratch"`
	// Trial is what the estimate comes from.
	Trial dryRunTrial `json:"trial"`
}

type dryRunSeconds struct {
	Total   float64 `json:"total"`
	Compile float64 `json:"compile"`
	Layers  float64 `json:"layers"`
	Head    float64 `json:"head"`
	Factors float64 `json:"factors"`
}

type dryRunTrial struct {
	Seconds float64 `json:"seconds"`
	Samples int     `json:"samples"`
	Layers  int     `json:"layers"`
}

// dryRun takes the place of a transfer.
func (a *app) dryRun(c *cli.Context, opts transfer.Options, encoding encoding) error {
	begun := time.Now()
	if path := c.String("out"); path != "" {
		o := &output{path: path, force: c.Bool("force"), folder: true}
		if err := o.checkPlace(); err != nil {
			return err
		}
	}
	p := a.newProgress()
	defer p.stop()
	var err error
	if opts.Engine, err = a.sensitivityOptions(c, p); err != nil {
		return err
	}
	plugins := a.plugins(c)
	defer plugins.Close()
	teacher, err := open(c.Context, plugins, c.String("teacher"))
	if err != nil {
		return err
	}
	defer teacher.Checkpoint.Close()
	student, err := open(c.Context, plugins, c.String("student"))
	if err != nil {
		return err
	}
	defer student.Checkpoint.Close()
	samples, err := encoding.samples(teacher.Checkpoint, opts.Seeds)
	if err != nil {
		return err
	}
	r := &dryRun{Teacher: teacher.Name, Student: student.Name, Seeds: newDryRunSeeds(samples)}
	if r.Plan, err = transfer.NewPreview(teacher, student, opts); err != nil {
		return err
	}
	before := time.Since(begun)
	e, err := transfer.NewEstimate(c.Context, teacher, student, samples, opts)
	if err != nil {
		return err
	}
	p.stop()
	r.Estimate = dryRunEstimate{
		Backend: e.Backend,
		Seconds: dryRunSeconds{(before + e.Total()).Seconds(), e.Compile.Seconds(), e.Model.Seconds(), e.Head.Seconds(), e.Factors.Seconds()},
		Memory:  peakResident() + uint64(e.Kept), Output: r.Plan.Bytes, Scratch: e.Scratch,
		Trial: dryRunTrial{time.Since(begun).Seconds(), e.Samples, e.Layers},
	}
	if c.Bool("json") {
		return a.stdout.json(r)
	}
	return a.printDryRun(r, opts, len(teacher.Arch.Layers), len(student.Arch.Layers))
}

func newDryRunSeeds(samples []seeds.Sample) dryRunSeeds {
	s := dryRunSeeds{Samples: len(samples)}
	for _, x := range samples {
		s.Tokens += len(x.Tokens)
		for i, label := range x.Labels {
			if i > 0 && label != seeds.Ignored {
				s.Counted++
			}
		}
	}
	return s
}

func (a *app) printDryRun(r *dryRun, opts transfer.Options, teacherLayers, studentLayers int) error {
	e := r.Estimate
	s := e.Seconds
	rows := [][]string{
		{"teacher", fmt.Sprintf("%s (%s)", r.Teacher, plural(teacherLayers, "layer"))},
		{"student", fmt.Sprintf("%s (%s)", r.Student, plural(studentLayers, "layer"))},
		{"seeds", fmt.Sprintf("%s (%s, %s)", opts.Seeds, plural(r.Seeds.Samples, "sample"), plural(r.Seeds.Counted, "token")+" that count")},
		{"time", fmt.Sprintf("about %s (layers %s, head %s, windows and factors %s, compiling %s)",
			duration(s.Total), duration(s.Layers), duration(s.Head), duration(s.Factors), duration(s.Compile))},
		{"memory", "about " + bytesize(e.Memory)},
		{"disk", fmt.Sprintf("%s for the adapter; %s in %s while it runs", bytesize(uint64(e.Output)), bytesize(uint64(e.Scratch)), os.TempDir())},
		{"backend", e.Backend},
	}
	if err := a.stdout.columns(rows); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	if err := a.printPlan(r.Plan, teacherLayers, studentLayers); err != nil {
		return err
	}
	a.ui.message(fmt.Sprintf("time and memory are those of a trial of %s through %s (%s), scaled up; nothing was written",
		plural(e.Trial.Samples, "sample"), plural(e.Trial.Layers, "layer"), duration(e.Trial.Seconds)))
	return nil
}

// layersTaken says which of the teacher's layers are taken, as far as it is known.
func layersTaken(p *transfer.Preview, teacher, student int) string {
	if p.Layers != nil {
		return fmt.Sprintf("%s of %d, for the student's %d", layerList(p.Layers), teacher, student)
	}
	return fmt.Sprintf("the %d of %d with the highest scores", student, teacher)
}

// matchTable says what is taken out of what.
func matchTable(matches []transfer.Match) [][]string {
	rows := [][]string{{"role", "modules", "student", "teacher", "window", "share"}}
	for _, m := range matches {
		role := m.Role
		if m.Part != "" {
			role = m.Part + " of " + role
		}
		rows = append(rows, []string{role, grouped(m.Modules), by(m.Student), by(m.Teacher), by(m.Window), percent(m.Share())})
	}
	return rows
}

// by writes a matrix's shape.
func by(shape [2]int) string { return fmt.Sprintf("%d x %d", shape[0], shape[1]) }

// duration writes seconds for people.
func duration(seconds float64) string {
	if seconds < 60 {
		return fmt.Sprintf("%.3g s", seconds)
	}
	return clock(time.Duration(seconds * float64(time.Second)))
}

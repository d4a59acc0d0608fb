package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/host/transfer"
)

// module is one of the student's modules, as the page shows it.
type module struct {
	ID     string
	Path   string
	Role   string
	Layer  int // outside: not in one
	Energy float64
	Parts  []part // one, nameless, where it is not fused
	Sigma  *spectrum
}

// part is what one window is about.
type part struct {
	Name    string
	Teacher string
	transfer.Window
	// Area is the window's part of the matrix; 0: the matrix's size is not known.
	Area float64
	Map  *heatMap // nil: none
}

const outside = -1

// Lift is how many times as much of S the window holds as one of its size would if S
// were spread evenly; "": not known.
func (p part) Lift() string {
	if p.Area <= 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", p.Share/p.Area)
}

// Place says where the window lies.
func (p part) Place() string {
	size := fmt.Sprintf("%s × %s", grouped(p.Rows), grouped(p.Cols))
	if len(p.Matrix) == 2 {
		size += fmt.Sprintf(" of %s × %s", grouped(p.Matrix[0]), grouped(p.Matrix[1]))
	}
	if p.Row == nil || p.Col == nil {
		return size + ", not in one piece"
	}
	return fmt.Sprintf("%s, from row %s, column %s", size, grouped(*p.Row), grouped(*p.Col))
}

// describe takes the modules over.
func describe(r *Report) []module {
	list := make([]module, 0, len(r.transfer.Modules))
	for i, m := range r.transfer.Modules {
		d := module{ID: fmt.Sprintf("m%d", i), Path: m.Path, Role: m.Role, Layer: outside, Energy: m.Energy}
		if m.Layer != nil {
			d.Layer = *m.Layer
		}
		if m.Role == "" {
			d.Role, d.Layer = guess(m.Path, r.transfer.Student.Layers)
		}
		if m.Window != nil {
			d.Parts = append(d.Parts, newPart(r.arrays, m.Path, transfer.PartReport{Teacher: m.Teacher, Window: *m.Window}))
		}
		for _, p := range m.Parts {
			d.Parts = append(d.Parts, newPart(r.arrays, m.Path, p))
		}
		d.Sigma = newSpectrum(r.arrays.sigma(m.Path), m.Energy)
		list = append(list, d)
	}
	return list
}

func newPart(a *arrays, path string, p transfer.PartReport) part {
	d := part{Name: p.Part, Teacher: p.Teacher, Window: p.Window}
	if len(p.Window.Matrix) == 2 {
		if size := float64(p.Window.Matrix[0]) * float64(p.Window.Matrix[1]); size > 0 {
			d.Area = float64(p.Window.Rows) * float64(p.Window.Cols) / size
		}
	}
	d.Map = newHeatMap(a.heat(path, p.Part), d)
	return d
}

var layerNumber = regexp.MustCompile(`\.(\d+)\.`)

// guess is for files of before, which say neither role nor layer: the last name of the
// path, and its first number.
func guess(path string, layers int) (role string, layer int) {
	role = path[strings.LastIndexByte(path, '.')+1:]
	if n := layerNumber.FindStringSubmatch(path); n != nil {
		if l, err := strconv.Atoi(n[1]); err == nil && l < layers {
			return role, l
		}
	}
	return role, outside
}

// roleRow is about all modules of a role.
type roleRow struct {
	Role                string
	Modules             int
	Share, Area, Energy float64
}

// Lift is as part's.
func (r roleRow) Lift() string {
	return part{Window: transfer.Window{Share: r.Share}, Area: r.Area}.Lift()
}

func byRole(modules []module) []roleRow {
	var rows []roleRow
	for _, role := range roles(modules) {
		rows = append(rows, summary(role, slices.DeleteFunc(slices.Clone(modules), func(m module) bool { return m.Role != role })))
	}
	return rows
}

// summary is the means over some modules.
func summary(role string, modules []module) roleRow {
	r := roleRow{Role: role, Modules: len(modules)}
	windows, known := 0, true
	for _, m := range modules {
		r.Energy += m.Energy / float64(len(modules))
		for _, p := range m.Parts {
			windows++
			r.Share += p.Share
			r.Area += p.Area
			known = known && p.Area > 0
		}
	}
	if windows > 0 {
		r.Share /= float64(windows)
		r.Area /= float64(windows)
	}
	if !known {
		r.Area = 0
	}
	return r
}

// roles are the modules', in their order.
func roles(modules []module) []string {
	var list []string
	seen := make(map[string]bool)
	for _, m := range modules {
		if !seen[m.Role] {
			seen[m.Role] = true
			list = append(list, m.Role)
		}
	}
	return list
}

package transfer

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Result is a finished transfer, still in memory.
type Result struct {
	Report   *Report
	adapters []folder
	arrays   *arrays
}

// folder is an adapter and where it goes.
type folder struct {
	name    string // "": the transfer's own folder
	adapter *peft.Adapter
}

// given is what one of the student's modules gets.
type given struct {
	module *arch.Module
	*taken
}

// inject gives the student's layers, in their order, what was taken of the teacher's
// chosen layers. The student must be unchanged when training starts:
//
//   - plain: one adapter of twice the rank, B' = [B0 | 0], A' = [0 ; A0], on the student
//     as it is. B' A' is zero, and the gradients of the first step are the paper's.
//   - paper: init (B0, A0), and negative (B0, -A0) that is to be merged into the student
//     before.
func (p *plan) inject(m *measured, report *Report) (*Result, error) {
	report.Layers = p.depth.chosen(m.scores)
	var all []given
	for k, l := range report.Layers {
		for i, t := range m.layers[l][p.classes[k]] {
			if t != nil {
				all = append(all, given{p.targets[k][i].module, t})
			}
		}
	}
	p.sayLeftOut(func(k int, t target) string { return missing(t, p.sources[report.Layers[k]]) })
	for i, t := range m.embeddings {
		if t != nil {
			all = append(all, given{p.embeddings[i].student, t})
		}
	}
	order := make(map[*arch.Module]int)
	for i, m := range p.student.Arch.Modules {
		order[m] = i
	}
	slices.SortFunc(all, func(a, b given) int { return order[a.module] - order[b.module] })
	report.describe(all)
	report.LeftOut = append(report.LeftOut, p.leftOut...)

	slices.SortFunc(all, func(a, b given) int { return cmp.Compare(a.module.Path, b.module.Path) })
	r := &Result{Report: report, arrays: arraysOf(all)}
	if p.opts.Start == Plain {
		r.adapters = []folder{{"", p.adapter(all, 2*p.opts.Rank, plainStart)}}
		return r, nil
	}
	r.adapters = []folder{{"init", p.adapter(all, p.opts.Rank, asTaken)}, {"negative", p.adapter(all, p.opts.Rank, negated)}}
	return r, nil
}

// adapter makes an adapter of a rank whose factors start(b0, a0) gives.
func (p *plan) adapter(all []given, rank int, start func(f *factors, rank int) (b, a []float32)) *peft.Adapter {
	out := &peft.Adapter{BaseModel: p.student.name(), Rank: rank}
	for _, g := range all {
		m := peft.Module{Path: g.module.Path, Out: g.module.Out, In: g.module.In}
		if g.module.Kind == arch.Embedding {
			m.Embedding, m.Out, m.In = true, g.module.In, g.module.Out
		}
		m.B, m.A = start(g.factors, p.opts.Rank)
		out.Modules = append(out.Modules, m)
		out.FanInFanOut = out.FanInFanOut || g.module.FanInFanOut
	}
	return out
}

// plainStart is B' = [B0 | 0] and A' = [0 ; A0].
func plainStart(f *factors, rank int) (b, a []float32) {
	b = make([]float32, 2*len(f.b))
	for i := 0; i < len(f.b); i += rank {
		copy(b[2*i:], f.b[i:i+rank])
	}
	a = make([]float32, 2*len(f.a))
	copy(a[len(f.a):], f.a)
	return b, a
}

func asTaken(f *factors, _ int) (b, a []float32) { return f.b, f.a }

func negated(f *factors, _ int) (b, a []float32) {
	a = make([]float32, len(f.a))
	for i, v := range f.a {
		a[i] = -v
	}
	return f.b, a
}

// The files of a transfer beside its adapters.
const (
	ReportFile = "transfer.json"
	CardFile   = "README.md"
)

// Write writes the adapter's files, transfer.json, ArraysFile and README.md into dir,
// which exists. With the paper's start the adapters are in dir's init and negative. After an error
// some of the files may be there.
func (r *Result) Write(dir string) error {
	for _, f := range r.adapters {
		to := filepath.Join(dir, f.name)
		if f.name != "" {
			if err := os.Mkdir(to, 0o777); err != nil {
				return err
			}
		}
		if err := peft.Write(to, f.adapter); err != nil {
			return err
		}
	}
	report, err := json.MarshalIndent(r.Report, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ReportFile), append(report, '\n'), 0o666); err != nil {
		return err
	}
	if err := r.arrays.write(filepath.Join(dir, ArraysFile)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, CardFile), r.card(), 0o666)
}

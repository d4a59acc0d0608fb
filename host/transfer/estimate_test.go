package transfer

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/seeds"
)

// What is promised before anything is measured is what the transfer then does.
func TestAPreviewIsWhatIsTransferred(t *testing.T) {
	teacher := shape{layers: 5, hidden: 12, heads: 4, kv: 4, dim: 4, ffn: 10}
	student := shape{layers: 3, hidden: 8, heads: 2, kv: 1, dim: 4, ffn: 6}
	change := func(s shape, f func(*shape)) shape { f(&s); return s }
	for _, tt := range []struct {
		name             string
		teacher, student shape
		opts             Options
		kinds            int
	}{
		{"plain", teacher, student, Options{}, 7},
		{"paper", teacher, student, Options{Start: Paper}, 7},
		{"fused", change(teacher, func(s *shape) { s.qkv = "blocks" }), change(student, func(s *shape) { s.qkv, s.fusedUp = "grouped", true }), Options{}, 7},
		{"experts", change(teacher, func(s *shape) { s.experts = 3 }), change(student, func(s *shape) { s.experts = 2 }), Options{}, 7},
		{"without a gate", change(teacher, func(s *shape) { s.plain = true }), student, Options{}, 6},
		{"smaller", student, teacher, Options{AllowSmaller: true}, 7},
		{"ffn of the last", teacher, student, Options{Modules: FFN, Layers: Last}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.Rank = 2
			var said []string
			tt.opts.Message = func(line string) { said = append(said, line) }
			teacher, student := tt.teacher.model(t, "teacher"), tt.student.model(t, "student")
			v, err := NewPreview(teacher, student, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			r, _, err := transferred(t, teacher, student, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			bytes := int64(0)
			for _, f := range r.adapters {
				for _, m := range f.adapter.Modules {
					bytes += 4 * int64(len(m.A)+len(m.B))
				}
			}
			if v.Bytes != bytes {
				t.Errorf("%d bytes, the adapters have %d", v.Bytes, bytes)
			}
			if len(v.Matches) != tt.kinds {
				t.Errorf("%d kinds of matches, want %d: %+v", len(v.Matches), tt.kinds, v.Matches)
			}
			if !slices.Equal(v.LeftOut, r.Report.LeftOut) {
				t.Errorf("left out\n%s\nand then\n%s", strings.Join(v.LeftOut, "\n"), strings.Join(r.Report.LeftOut, "\n"))
			}
			if v.Layers != nil && !slices.Equal(v.Layers, r.Report.Layers) {
				t.Errorf("layers %v, and then %v", v.Layers, r.Report.Layers)
			}
			windows, announced := 0, 0
			for _, m := range r.Report.Modules {
				windows += max(1, len(m.Parts))
				for _, w := range m.windows() {
					if !slices.ContainsFunc(v.Matches, func(m Match) bool { return m.Window == [2]int{w.Rows, w.Cols} }) {
						t.Errorf("%s: the window [%d, %d] was not announced", m.Path, w.Rows, w.Cols)
					}
				}
			}
			for _, m := range v.Matches {
				announced += m.Modules
			}
			if windows != announced {
				t.Errorf("%d windows, %d were announced", windows, announced)
			}
		})
	}
}

func (m ModuleReport) windows() (list []Window) {
	if m.Window != nil {
		list = append(list, *m.Window)
	}
	for _, p := range m.Parts {
		list = append(list, p.Window)
	}
	return list
}

func TestHowManyLayersAreFactorised(t *testing.T) {
	for _, tt := range []struct {
		how              string
		teacher, student int
		want             float64
	}{
		{Last, 30, 4, 4},
		{Sensitivity, 4, 4, 4},
		{Sensitivity, 3, 1, 1 + 1./2 + 1./3},
		{Sensitivity, 6, 4, 4 + 4./5 + 4./6},
		{First, 2, 4, 2},
	} {
		teacher := shape{layers: tt.teacher, hidden: 8, heads: 2, kv: 2, dim: 4, ffn: 8}.model(t, "teacher")
		student := shape{layers: tt.student, hidden: 8, heads: 2, kv: 2, dim: 4, ffn: 8}.model(t, "student")
		opts, err := Options{Layers: tt.how, AllowSmaller: true, Rank: 2}.complete()
		if err != nil {
			t.Fatal(err)
		}
		p, err := newPlan(teacher, student, opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.layersTaken(); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s, %d to %d: %v, want %v", tt.how, tt.teacher, tt.student, got, tt.want)
		}
	}
}

func TestATrialHasSamplesOfAllLengths(t *testing.T) {
	var all []seeds.Sample
	for i := range 40 {
		n := 10 + i*17%40*20
		all = append(all, seeds.Sample{Tokens: make([]int32, n), Labels: make([]int32, n)})
	}
	of := sizes(all)
	list := spread(all, of, 8)
	if len(list) < 8 || len(list) > 8+len(of) {
		t.Errorf("%d samples", len(list))
	}
	longest, short := 0, 1<<30
	for _, i := range list {
		longest, short = max(longest, len(all[i].Tokens)), min(short, len(all[i].Tokens))
	}
	if longest != 790 || short > 100 {
		t.Errorf("from %d to %d tokens", short, longest)
	}
	// 530..768 and 769..790 tokens have graphs of their own.
	if len(of) != 2 {
		t.Errorf("sizes has %v", of)
	}
	if got := spread(all, of, 100); len(got) != 40 {
		t.Errorf("%d of 40 samples", len(got))
	}
}

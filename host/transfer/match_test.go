package transfer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/engine"
)

// teachers are one transformer, its maps cut and fused in every way.
var teachers = map[string]shape{
	"split":   {layers: 2, hidden: 12, heads: 4, kv: 2, dim: 4, ffn: 15},
	"blocks":  {layers: 2, hidden: 12, heads: 4, kv: 2, dim: 4, ffn: 15, qkv: "blocks", fusedUp: true},
	"grouped": {layers: 2, hidden: 12, heads: 4, kv: 2, dim: 4, ffn: 15, qkv: "grouped"},
	"conv":    {layers: 2, hidden: 12, heads: 4, kv: 2, dim: 4, ffn: 15, qkv: "blocks", conv: true},
}

// rowsOf is which rows of a model's map play a role, by the map's path.
func (s shape) rowsOf(role string) (path string, rows []int) {
	q, kv := s.heads*s.dim, s.kv*s.dim
	span := func(first, n int) {
		for i := range n {
			rows = append(rows, first+i)
		}
	}
	sizes := map[string]int{"q": q, "k": kv, "v": kv, "o": s.hidden, "gate": s.ffn, "up": s.ffn, "down": s.hidden}
	switch attention := role == "q" || role == "k" || role == "v"; {
	case attention && s.qkv == "blocks":
		span(map[string]int{"q": 0, "k": q, "v": q + kv}[role], sizes[role])
		return "qkv", rows
	case attention && s.qkv == "grouped":
		group := q/s.kv + 2*s.dim
		first, n := map[string]int{"q": 0, "k": q / s.kv, "v": q/s.kv + s.dim}[role], sizes[role]/s.kv
		for g := range s.kv {
			span(g*group+first, n)
		}
		return "qkv", rows
	case s.fusedUp && (role == "gate" || role == "up"):
		span(map[string]int{"gate": 0, "up": s.ffn}[role], s.ffn)
		return "gate_up", rows
	}
	span(0, sizes[role])
	return role, rows
}

func tensor(t *testing.T, all []engine.Group, path string) (s, w matrix) {
	t.Helper()
	for _, g := range all {
		for _, x := range g.Tensors {
			if x.Module.Path == path {
				w, err := x.W()
				if err != nil {
					t.Fatal(err)
				}
				return asMatrix(x.S, x.Module.Out, x.Module.In), asMatrix(w, x.Module.Out, x.Module.In)
			}
		}
	}
	t.Fatalf("no tensor %s", path)
	return matrix{}, matrix{}
}

func pick(m matrix, rows []int) matrix {
	p := matrix{cols: m.cols}
	for _, r := range rows {
		p.rows = append(p.rows, m.rows[r])
	}
	return p
}

// TestPartsAreWindowedByThemselvesAndPutTogetherInTheStudentsLayout: with the whole rank
// the factors' product is the student's matrix, each part of which must be the window
// that a brute force finds in the teacher's rows of that role. Within 1e-5.
func TestPartsAreWindowedByThemselvesAndPutTogetherInTheStudentsLayout(t *testing.T) {
	students := map[string]shape{
		"split":   {layers: 2, hidden: 8, heads: 2, kv: 1, dim: 4, ffn: 9},
		"blocks":  {layers: 2, hidden: 8, heads: 2, kv: 1, dim: 4, ffn: 9, qkv: "blocks", fusedUp: true},
		"grouped": {layers: 2, hidden: 8, heads: 4, kv: 2, dim: 2, ffn: 9, qkv: "grouped", fusedUp: true},
		"conv":    {layers: 2, hidden: 8, heads: 2, kv: 1, dim: 4, ffn: 9, qkv: "blocks", conv: true},
	}
	for teacherName, ts := range teachers {
		for studentName, ss := range students {
			t.Run(teacherName+" to "+studentName, func(t *testing.T) {
				teacher, student := ts.model(t, "teacher"), ss.model(t, "student")
				r, all, err := transferred(t, teacher, student, Options{Rank: 4, Start: Paper})
				if err != nil {
					t.Fatal(err)
				}
				full, _, err := transferred(t, teacher, student, Options{Rank: 4, Start: Paper, Modules: FFN})
				if err != nil || len(full.Report.Modules) == 0 {
					t.Fatal(err)
				}
				for _, layer := range []string{"model.layers.0.", "model.layers.1."} {
					compareParts(t, r, all, ts, ss, layer)
				}
				if got := r.adapters[0].adapter.FanInFanOut; got != ss.conv {
					t.Errorf("fan_in_fan_out is %v", got)
				}
			})
		}
	}
}

func compareParts(t *testing.T, r *Result, all []engine.Group, ts, ss shape, layer string) {
	t.Helper()
	want := make(map[string]matrix)
	for _, role := range []string{"q", "k", "v", "o", "gate", "up", "down"} {
		from, fromRows := ts.rowsOf(role)
		to, toRows := ss.rowsOf(role)
		s, w := tensor(t, all, layer+from)
		s, w = pick(s, fromRows), pick(w, fromRows)
		cols := ss.hidden
		switch role {
		case "o":
			cols = ss.heads * ss.dim
		case "down":
			cols = ss.ffn
		}
		row, col, sum := bruteForce(s, len(toRows), cols)
		if _, ok := want[to]; !ok {
			m := r.adapters[0].adapter.Module(layer + to)
			if m == nil {
				t.Fatalf("%s has no adapter", layer+to)
			}
			want[to] = zero(m.Out, m.In)
		}
		for i, to_ := range toRows {
			copy(want[to].rows[to_], w.rows[row+i][col:col+cols])
		}
		checkReport(t, r.Report, layer+to, role, layer+from, row, col, sum)
	}
	for path, whole := range want {
		exact, err := exactSVD(whole, 4)
		if err != nil {
			t.Fatal(err)
		}
		m := r.adapters[0].adapter.Module(layer + path)
		for i := range m.Out {
			for j := range m.In {
				got, want := 0.0, 0.0
				for k := range 4 {
					got += float64(m.B[i*4+k]) * float64(m.A[k*m.In+j])
					want += exact.sigma[k] * exact.u[k][i] * exact.v[k][j]
				}
				if math.Abs(got-want) > 1e-5 {
					t.Fatalf("%s: B A is %v at [%d, %d], want %v", m.Path, got, i, j, want)
				}
			}
		}
	}
}

func checkReport(t *testing.T, r *Report, path, part, teacher string, row, col int, sum float64) {
	t.Helper()
	i := slices.IndexFunc(r.Modules, func(m ModuleReport) bool { return m.Path == path })
	if i < 0 {
		t.Fatalf("the report has no %s", path)
	}
	m := r.Modules[i]
	win, from := m.Window, m.Teacher
	if m.Parts != nil {
		j := slices.IndexFunc(m.Parts, func(p PartReport) bool { return p.Part == part })
		if j < 0 || m.Window != nil || m.Teacher != "" {
			t.Fatalf("the report of %s is %+v", path, m)
		}
		win, from = &m.Parts[j].Window, m.Parts[j].Teacher
	}
	if from != teacher || *win.Row != row || *win.Col != col || math.Abs(win.Sum-sum) > 1e-9*sum {
		t.Errorf("%s %s: %s [%d, %d] with %v, want %s [%d, %d] with %v", path, part, from, *win.Row, *win.Col, win.Sum, teacher, row, col, sum)
	}
}

func TestExpertsAreMatchedByTheirNumber(t *testing.T) {
	teacher := shape{layers: 2, hidden: 12, heads: 2, kv: 2, dim: 4, ffn: 10, experts: 3}.model(t, "teacher")
	student := shape{layers: 1, hidden: 8, heads: 2, kv: 2, dim: 4, ffn: 6, experts: 3, fusedUp: true}.model(t, "student")
	r, _, err := transferred(t, teacher, student, Options{Rank: 2, Layers: Last})
	if err != nil {
		t.Fatal(err)
	}
	m := r.adapters[0].adapter.Module("model.layers.0.experts.2.gate_up")
	if m == nil || r.adapters[0].adapter.Module("model.layers.0.router") != nil {
		t.Errorf("modules are %v", paths(r.adapters[0].adapter))
	}
	for _, mod := range r.Report.Modules {
		if mod.Path == m.Path && (mod.Parts[0].Teacher != "model.layers.1.experts.2.gate" || mod.Parts[1].Part != "up") {
			t.Errorf("parts are %+v", mod.Parts)
		}
	}
}

// PEFT can't load an adapter for some of a model's experts.
func TestExpertsAreTransferredAllOrNone(t *testing.T) {
	student := shape{layers: 1, hidden: 8, heads: 2, kv: 2, dim: 4, ffn: 6, experts: 4, fusedUp: true}.model(t, "student")
	for name, experts := range map[string]int{"fewer experts": 3, "a dense teacher": 0} {
		t.Run(name, func(t *testing.T) {
			teacher := shape{layers: 2, hidden: 12, heads: 2, kv: 2, dim: 4, ffn: 10, experts: experts}.model(t, "teacher")
			var lines []string
			r, _, err := transferred(t, teacher, student, Options{Rank: 2, Layers: Last, Message: func(s string) { lines = append(lines, s) }})
			if err != nil {
				t.Fatal(err)
			}
			want := []string{
				fmt.Sprintf("model.layers.0.experts.0.gate_up and 7 more of experts: left out, because PEFT loads the adapters of all experts or of none, and the teacher's layer 1 has no gate of expert %d", experts),
				"embeddings: left out, because the student's model.embed_tokens and lm_head share one weight",
			}
			if !slices.Equal(lines, want) {
				t.Errorf("messages are\n%s", strings.Join(lines, "\n"))
			}
			for i := range want {
				want[i] = strings.Replace(want[i], "left out, because ", "", 1)
			}
			if !slices.Equal(r.Report.LeftOut, want) {
				t.Errorf("left out are\n%s", strings.Join(r.Report.LeftOut, "\n"))
			}
			if got := paths(r.adapters[0].adapter); len(got) != 4 {
				t.Errorf("modules are %v, expected the attention's", got)
			}
		})
	}
}

func paths(a *peft.Adapter) (all []string) {
	for _, m := range a.Modules {
		all = append(all, m.Path)
	}
	return all
}

func TestWhatTheTeacherLacksIsLeftOutWithOneLineAKind(t *testing.T) {
	teacher := shape{layers: 5, hidden: 12, heads: 2, kv: 2, dim: 4, ffn: 10, plain: true}.model(t, "teacher")
	student := shape{layers: 4, hidden: 8, heads: 2, kv: 2, dim: 4, ffn: 6}.model(t, "student")
	var lines []string
	r, _, err := transferred(t, teacher, student, Options{Rank: 2, Modules: FFN, Message: func(s string) { lines = append(lines, s) }})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"model.layers.0.gate and 3 more gate: left out, because the teacher's layer has no gate"}
	if !slices.Equal(lines, want) {
		t.Errorf("messages are\n%s", strings.Join(lines, "\n"))
	}
	if len(r.adapters[0].adapter.Modules) != 8 {
		t.Errorf("modules are %v", paths(r.adapters[0].adapter))
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	small := shape{layers: 2, hidden: 8, heads: 2, kv: 1, dim: 4, ffn: 9}
	with := func(change func(*shape)) shape { s := small; change(&s); return s }
	tests := []struct {
		name             string
		teacher, student shape
		opts             Options
		want, hint       string
	}{
		{"fewer layers", small, with(func(s *shape) { s.layers = 3 }), Options{Rank: 2}, "the student has 3 layers, but the teacher has 2", "--allow-smaller"},
		{"narrower", small, with(func(s *shape) { s.hidden = 9 }), Options{Rank: 2},
			"model.layers.0.q: the student's q is [8, 9], but the teacher's, in model.layers.0.q, is only [8, 8]", "--allow-smaller"},
		{"narrower part", with(func(s *shape) { s.qkv = "blocks" }), with(func(s *shape) { s.kv = 2; s.qkv = "grouped" }), Options{Rank: 2},
			"model.layers.0.qkv: the student's k is [8, 8], but the teacher's, in model.layers.0.qkv, is only [4, 8]", ""},
		{"rank", small, small, Options{Rank: 5}, "model.layers.0.k: rank 5 is larger than the window [4, 8]", "--rank 4"},
		{"default rank", small, small, Options{}, "rank 16 is larger than the window [8, 8]", "--rank 8"},
		{"nothing", small, small, Options{Rank: 2, Modules: Embeddings}, "nothing of teacher can be given to student: embeddings: the student's model.embed_tokens and lm_head share one weight", "inspect"},
		{"negative rank", small, small, Options{Rank: -1}, "rank -1: expected 1 or more", ""},
		{"start", small, small, Options{Start: "cold"}, `start "cold": expected plain, paper`, ""},
		{"layers", small, small, Options{Layers: "best"}, `layers "best": expected sensitivity, random, first, last`, ""},
		{"structure", small, small, Options{Structure: "rows"}, `structure "rows"`, ""},
		{"modules", small, small, Options{Modules: "q"}, `modules "q"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := transferred(t, tt.teacher.model(t, "teacher"), tt.student.model(t, "student"), tt.opts)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want %q in it", err, tt.want)
			}
			if got := hint.Of(err); !strings.Contains(got, tt.hint) {
				t.Errorf("hint is %q, want %q in it", got, tt.hint)
			}
		})
	}
}

func TestASmallerTeacherIsSpreadAndPadded(t *testing.T) {
	teacher := shape{layers: 2, hidden: 8, heads: 2, kv: 1, dim: 4, ffn: 9}.model(t, "teacher")
	student := shape{layers: 4, hidden: 12, heads: 3, kv: 3, dim: 4, ffn: 20, qkv: "blocks"}.model(t, "student")
	r, all, err := transferred(t, teacher, student, Options{Rank: 4, Start: Paper, AllowSmaller: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Report.Layers, []int{0, 0, 1, 1}) {
		t.Errorf("layers are %v", r.Report.Layers)
	}
	_, w := tensor(t, all, "model.layers.1.up")
	exact, err := exactSVD(w, 4)
	if err != nil {
		t.Fatal(err)
	}
	m := r.adapters[0].adapter.Module("model.layers.2.up")
	for i := range m.Out {
		for j := range m.In {
			got, want := 0.0, 0.0
			for k := range 4 {
				got += float64(m.B[i*4+k]) * float64(m.A[k*m.In+j])
				if i < 9 && j < 8 {
					want += exact.sigma[k] * exact.u[k][i] * exact.v[k][j]
				}
			}
			if math.Abs(got-want) > 1e-5 {
				t.Fatalf("B A is %v at [%d, %d], want %v", got, i, j, want)
			}
		}
	}
	if mod := r.Report.Modules[0]; mod.Parts[1].Window.Rows != 4 || mod.Parts[1].Window.Cols != 8 || mod.Parts[1].Window.Share != 1 {
		t.Errorf("parts are %+v", mod.Parts)
	}
}

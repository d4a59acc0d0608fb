package transfer

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

func TestAHeatMapsCellsAreMeansOverTheMatrixs(t *testing.T) {
	// 3 x 5 in 2 x 2 cells: rows 0 | 1, 2; columns 0, 1 | 2, 3, 4. The mean is 2.
	s := asMatrix([]float32{
		4, 4, 1, 1, 1,
		0, 0, 3, 3, 3,
		0, 4, 2, 2, 2,
	}, 3, 5)
	h := heatOf(s, 2)
	if h.rows != 2 || h.cols != 2 || !slices.Equal(h.values, []float32{2, 0.5, 0.5, 1.25}) {
		t.Errorf("%+v", h)
	}
	if turned := h.turned(); !slices.Equal(turned.values, []float32{2, 0.5, 0.5, 1.25}) {
		t.Errorf("turned: %+v", turned)
	}
	if h := heatOf(s, 4); h.rows != 3 || h.cols != 4 {
		t.Errorf("more cells than rows: %d x %d", h.rows, h.cols)
	}
	if h := heatOf(asMatrix(make([]float32, 4), 2, 2), 8); !slices.Equal(h.values, make([]float32, 4)) {
		t.Errorf("nothing is sensitive: %v", h.values)
	}
}

func TestHeatMapsStaySmall(t *testing.T) {
	for n, want := range map[int]int{1: 32, 7 * 32: 32, 7*32 + 2: 32, 27 * 32: 16, 4096: 8, 18000: 0} {
		if side := heatSide(n); side != want {
			t.Errorf("%d maps have %d cells a side, want %d", n, side, want)
		}
	}
}

// TestTheArraysAreOfWhatWasTaken: the singular values are the factors' own, and the maps
// are of the window's matrix, fused parts and the turned embedding included.
func TestTheArraysAreOfWhatWasTaken(t *testing.T) {
	dir := filepath.Join(pairs, "embeddings")
	teacher, student := openModel(t, filepath.Join(dir, "teacher")), openModel(t, filepath.Join(dir, "student"))
	out := write(t, teacher, student, Options{Rank: 4})
	report, err := ReadReport(out)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(filepath.Join(out, ArraysFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shapes := make(map[string][]int)
	for _, x := range f.Tensors() {
		shapes[x.Name] = x.Shape
	}
	for _, m := range report.Modules {
		if !slices.Equal(shapes[SigmaName(m.Path)], []int{4}) {
			t.Errorf("%s: singular values %v", m.Path, shapes[SigmaName(m.Path)])
		}
		name := HeatName(m.Path, "")
		want := []int{min(32, m.Window.Matrix[0]), min(32, m.Window.Matrix[1])}
		if !slices.Equal(shapes[name], want) {
			t.Errorf("%s: %v cells, want %v", name, shapes[name], want)
			continue
		}
		// As wide as the window is, its cells hold what the report says: exactly where
		// a cell is an entry.
		if m.Window.Matrix[0] > 32 || m.Window.Matrix[1] > 32 {
			continue
		}
		values := make([]float32, want[0]*want[1])
		if err := f.ReadFloat32(name, 0, values); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i := *m.Window.Row; i < *m.Window.Row+m.Window.Rows; i++ {
			sum += sumOf(values[i*want[1]+*m.Window.Col:][:m.Window.Cols])
		}
		near(t, name+"'s share", []float64{sum / sumOf(values)}, []float64{m.Window.Share}, 1e-3)
	}
	if len(shapes) != 2*len(report.Modules) {
		t.Errorf("%d arrays for %d modules", len(shapes), len(report.Modules))
	}
}

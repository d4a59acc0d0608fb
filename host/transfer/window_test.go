package transfer

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// numpy is testdata/golden.*.
type numpy struct {
	t       *testing.T
	file    *safetensors.File
	numbers map[string]struct{ Sum, Share, Energy float64 }
}

func openNumpy(t *testing.T) *numpy {
	t.Helper()
	g := &numpy{t: t}
	data, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(data, &g.numbers)
	}
	if err == nil {
		g.file, err = safetensors.Open("testdata/golden.safetensors")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.file.Close() })
	return g
}

func (g *numpy) matrix(name string) matrix {
	g.t.Helper()
	for _, h := range g.file.Tensors() {
		if h.Name != name {
			continue
		}
		values := make([]float32, h.Shape[0]*h.Shape[1])
		if err := g.file.ReadFloat32(name, 0, values); err != nil {
			g.t.Fatal(err)
		}
		return asMatrix(values, h.Shape[0], h.Shape[1])
	}
	g.t.Fatalf("no tensor %s", name)
	return matrix{}
}

func zero(rows, cols int) matrix { return asMatrix(make([]float32, rows*cols), rows, cols) }

func equal(a, b matrix) bool {
	return slices.EqualFunc(a.rows, b.rows, func(x, y []float32) bool { return slices.Equal(x, y) })
}

// TestWindowsEqualNumpys: the entries of S are quarters, so many windows, rows and
// entries tie, and all sums are exact.
func TestWindowsEqualNumpys(t *testing.T) {
	g := openNumpy(t)
	for _, name := range []string{
		Submatrix, RowsColumns, Neurons, "padded." + Submatrix, "padded." + RowsColumns, "padded." + Neurons,
	} {
		t.Run(name, func(t *testing.T) {
			want := g.matrix(name)
			dst := zero(len(want.rows), want.cols)
			structure := strings.TrimPrefix(name, "padded.")
			win, err := extract(structure, g.matrix("s"), g.matrix("w"), dst, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !equal(dst, want) {
				t.Error("the window is another")
			}
			if win.Sum != g.numbers[name].Sum || math.Abs(win.Share-g.numbers[name].Share) > 1e-15 {
				t.Errorf("sum %v, share %v, want %v, %v", win.Sum, win.Share, g.numbers[name].Sum, g.numbers[name].Share)
			}
			if (win.Row != nil) != (structure == Submatrix) {
				t.Errorf("row is %v", win.Row)
			}
		})
	}
}

func TestRandomWindowsAreWindowsAndDependOnTheSeedAlone(t *testing.T) {
	g := openNumpy(t)
	s, w := g.matrix("s"), g.matrix("w")
	places := make(map[[2]int]bool)
	for seed := range uint64(20) {
		var first Window
		for range 2 {
			dst := zero(17, 23)
			win, err := extract(Random, s, w, dst, generator(seed, "q"))
			if err != nil {
				t.Fatal(err)
			}
			want := zero(17, 23)
			copyBlock(want, w, *win.Row, *win.Col, 17, 23)
			if !equal(dst, want) {
				t.Errorf("seed %d: not the window at [%d, %d]", seed, *win.Row, *win.Col)
			}
			if first.Row != nil && (*first.Row != *win.Row || *first.Col != *win.Col) {
				t.Errorf("seed %d: another window the second time", seed)
			}
			first = win
		}
		places[[2]int{*first.Row, *first.Col}] = true
	}
	if len(places) < 15 {
		t.Errorf("20 seeds have %d windows", len(places))
	}
}

func TestAWindowOfNoSensitivityHasNoShare(t *testing.T) {
	win, err := extract(Submatrix, zero(3, 3), asMatrix([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3), zero(2, 2), nil)
	if err != nil || *win.Row != 0 || *win.Col != 0 || win.Sum != 0 || win.Share != 0 {
		t.Errorf("window %+v, error %v", win, err)
	}
}

// TestFactorsEqualNumpys: the product within 1e-5, relative.
func TestFactorsEqualNumpys(t *testing.T) {
	g := openNumpy(t)
	for _, name := range []string{"flat", "steep"} {
		for _, turned := range []bool{false, true} {
			w, want := g.matrix(name), g.matrix(name+".product")
			f, err := factorise(t.Context(), w, 12, turned)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(f.energy-g.numbers[name].Energy) > 1e-6 {
				t.Errorf("%s: energy %v, want %v", name, f.energy, g.numbers[name].Energy)
			}
			if turned {
				want = want.turned()
			}
			var off, size float64
			for i, r := range want.rows {
				for j, x := range r {
					got := 0.0
					for k := range 12 {
						got += float64(f.b[i*12+k]) * float64(f.a[k*want.cols+j])
					}
					off, size = off+(got-float64(x))*(got-float64(x)), size+float64(x)*float64(x)
				}
			}
			if math.Sqrt(off/size) > 1e-5 {
				t.Errorf("%s, turned %v: the product is off by %.2g", name, turned, math.Sqrt(off/size))
			}
			checkSigns(t, f, 12)
		}
	}
}

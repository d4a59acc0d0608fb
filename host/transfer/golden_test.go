package transfer

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
)

const pairs = "../../testdata/transfer"

// golden is what the float64 reimplementation in testdata/conformance makes of a pair.
type golden struct {
	Losses []float64
	Scores []float64
	Cases  []struct {
		Case      string
		Arguments []string
		Layers    []int
		Modules   []ModuleReport
	}
}

func openModel(t *testing.T, path string) Model {
	t.Helper()
	ck, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ck.Close() })
	return Model{Checkpoint: ck, Arch: plugintest.Describe(t, ck), Name: filepath.Base(path)}
}

func load(t *testing.T, path string) []seeds.Sample {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	samples, err := new(seeds.Encoder).Load(f, path)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

func options(t *testing.T, arguments []string) Options {
	t.Helper()
	o := Options{Engine: engine.Options{Backend: "go"}}
	for i := 0; i < len(arguments); i += 2 {
		switch value := arguments[i+1]; arguments[i] {
		case "--rank":
			if err := json.Unmarshal([]byte(value), &o.Rank); err != nil {
				t.Fatal(err)
			}
		case "--layers":
			o.Layers = value
		case "--modules":
			o.Modules = value
		default:
			t.Fatalf("the golden's argument %s is unknown", arguments[i])
		}
	}
	return o
}

// TestTransferEqualsTheReimplementation: layers and windows equal; losses within 1e-5,
// scores, sums, shares and energies within 1e-4, products within 1e-3, all relative.
func TestTransferEqualsTheReimplementation(t *testing.T) {
	for _, pair := range []string{"deeper", "grouped", "embeddings"} {
		dir := filepath.Join(pairs, pair)
		var want golden
		data, err := os.ReadFile(filepath.Join(dir, "golden.json"))
		if err == nil {
			err = json.Unmarshal(data, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		products, err := safetensors.Open(filepath.Join(dir, "golden.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer products.Close()
		teacher, student := openModel(t, filepath.Join(dir, "teacher")), openModel(t, filepath.Join(dir, "student"))
		samples := load(t, filepath.Join(dir, "seeds.jsonl"))
		for _, c := range want.Cases {
			t.Run(pair+"/"+c.Case, func(t *testing.T) {
				r, err := Run(t.Context(), teacher, student, samples, options(t, c.Arguments))
				if err != nil {
					t.Fatal(err)
				}
				near(t, "loss", r.Report.Losses, want.Losses, 1e-5)
				near(t, "score", r.Report.LayerScores, want.Scores, 1e-4)
				if !slices.Equal(r.Report.Layers, c.Layers) {
					t.Errorf("layers are %v, want %v", r.Report.Layers, c.Layers)
				}
				compareModules(t, r.Report.Modules, c.Modules)
				if c.Case == "default" || c.Case == "first" {
					compareProducts(t, r.adapters[0].adapter, products, c.Case+".", len(c.Modules))
				}
			})
		}
	}
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d values of %s, want %d", len(got), what, len(want))
		return
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance*math.Abs(want[i])) {
			t.Errorf("%s %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func compareModules(t *testing.T, got, want []ModuleReport) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d modules, want %d", len(got), len(want))
	}
	for _, w := range want {
		i := slices.IndexFunc(got, func(m ModuleReport) bool { return m.Path == w.Path })
		if i < 0 {
			t.Errorf("%s is missing", w.Path)
			continue
		}
		g := got[i]
		if g.Teacher != w.Teacher || *g.Window.Row != *w.Window.Row || *g.Window.Col != *w.Window.Col || g.Window.Rows != w.Window.Rows || g.Window.Cols != w.Window.Cols {
			t.Errorf("%s: %s [%d+%d, %d+%d], want %s [%d+%d, %d+%d]", w.Path, g.Teacher, *g.Window.Row, g.Window.Rows, *g.Window.Col, g.Window.Cols,
				w.Teacher, *w.Window.Row, w.Window.Rows, *w.Window.Col, w.Window.Cols)
		}
		near(t, w.Path+"'s sum, share, energy", []float64{g.Window.Sum, g.Window.Share, g.Energy}, []float64{w.Window.Sum, w.Window.Share, w.Energy}, 1e-4)
	}
}

// compareProducts compares B0 A0 of a plain start with numpy's exact ones, and finds the
// start's own product to be zero.
func compareProducts(t *testing.T, a *peft.Adapter, want *safetensors.File, prefix string, count int) {
	t.Helper()
	if len(a.Modules) != count {
		t.Errorf("the adapter has %d modules, want %d", len(a.Modules), count)
	}
	for _, m := range a.Modules {
		exact := make([]float32, m.Out*m.In)
		if err := want.ReadFloat32(prefix+m.Path, 0, exact); err != nil {
			t.Fatal(err)
		}
		var off, size float64
		for o := range m.Out {
			for i := range m.In {
				got, start := 0.0, float32(0)
				for k := range a.Rank {
					start += m.B[o*a.Rank+k] * m.A[k*m.In+i]
				}
				for k := range a.Rank / 2 {
					got += float64(m.B[o*a.Rank+k]) * float64(m.A[(k+a.Rank/2)*m.In+i])
				}
				if start != 0 {
					t.Fatalf("%s: the start's product is %v at [%d, %d]", m.Path, start, o, i)
				}
				e := float64(exact[o*m.In+i])
				off, size = off+(got-e)*(got-e), size+e*e
			}
		}
		if !(off <= 1e-6*size) {
			t.Errorf("%s: the product is off by %.2g", m.Path, math.Sqrt(off/size))
		}
	}
}

package tune_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/plugin/plugintest"
	"github.com/neuralnuggets/nugget/host/tune"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

const (
	data = "../../testdata"

	lossTolerance    = 1e-4 // relative, at every step
	adapterTolerance = 1e-3 // relative L2, of all factors together
	tensorTolerance  = 2e-3 // and of each
)

// golden is what PEFT and torch made of the same start (testdata/train/make.py).
type golden struct {
	Model    string
	Settings struct {
		MaxSteps     int     `json:"max_steps"`
		BatchSize    int     `json:"batch_size"`
		Accumulation int     `json:"gradient_accumulation"`
		Rate         float64 `json:"lr"`
		Schedule     string
		Warmup       float64
		WeightDecay  float64 `json:"weight_decay"`
		MaxNorm      float64 `json:"max_grad_norm"`
	}
	Losses []float64
}

func (g golden) options() tune.Options {
	o, s := tune.Defaults(), g.Settings
	o.Steps, o.BatchSize, o.Accumulation, o.InOrder = s.MaxSteps, s.BatchSize, s.Accumulation, true
	o.LearningRate, o.Schedule, o.Warmup, o.WeightDecay, o.MaxNorm = s.Rate, s.Schedule, s.Warmup, s.WeightDecay, s.MaxNorm
	o.SaveEvery, o.EvalEvery = s.MaxSteps, s.MaxSteps
	return o
}

// backends are pure Go, and XLA where NUGGET_PJRT names its library, as it must with
// NUGGET_REQUIRE_XLA.
func backends(t testing.TB) []string {
	t.Helper()
	if path := os.Getenv("NUGGET_PJRT"); path != "" {
		return []string{"go", "xla:" + path}
	}
	if os.Getenv("NUGGET_REQUIRE_XLA") != "" {
		t.Fatal("NUGGET_REQUIRE_XLA is set and NUGGET_PJRT is not: XLA is not tested")
	}
	return []string{"go"}
}

func open(t testing.TB, folder string) (*checkpoint.Checkpoint, *arch.Architecture) {
	t.Helper()
	ck, err := checkpoint.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ck.Close() })
	return ck, plugintest.Describe(t, ck)
}

func newEngine(t testing.TB, folder string, opts engine.Options) (*engine.Engine, *arch.Architecture) {
	t.Helper()
	ck, a := open(t, folder)
	e, err := engine.New(context.Background(), ck, a, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e, a
}

func samples(t testing.TB, path string) tune.Data {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := (&seeds.Encoder{}).Load(f, path)
	if err != nil {
		t.Fatal(err)
	}
	return tune.Data{Name: filepath.Base(path), Samples: s}
}

func readAdapter(t testing.TB, dir string) *peft.Adapter {
	t.Helper()
	a, err := peft.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// stepLosses are those of a run's metrics.
func stepLosses(t testing.TB, dir string) []float64 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for _, line := range splitLines(raw) {
		var m struct{ Loss *float64 }
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		if m.Loss != nil {
			losses = append(losses, *m.Loss)
		}
	}
	return losses
}

func TestTrainingIsPEFTs(t *testing.T) {
	for _, name := range []string{"llama", "gpt2", "gemma", "gemma2", "mixtral"} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(data, "train", name)
			raw, err := os.ReadFile(filepath.Join(folder, "golden.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want golden
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			for _, backend := range backends(t) {
				t.Run(filepath.Base(backend), func(t *testing.T) {
					e, _ := newEngine(t, filepath.Join(data, "tiny", want.Model), engine.Options{Backend: backend})
					run := &tune.Training{
						Engine: e, Start: tune.Start{Adapter: readAdapter(t, filepath.Join(folder, "start"))},
						Train: samples(t, filepath.Join(folder, "data.jsonl")), Options: want.options(), Dir: t.TempDir(),
					}
					if _, err := tune.Run(context.Background(), run); err != nil {
						t.Fatal(err)
					}
					compareLosses(t, stepLosses(t, run.Dir), want.Losses)
					compareAdapters(t, readAdapter(t, run.Dir), readAdapter(t, filepath.Join(folder, "trained")))
				})
			}
		})
	}
}

func compareLosses(t *testing.T, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d steps, want %d", len(got), len(want))
	}
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(got[i]/want[i]-1))
	}
	t.Logf("losses within %.1e", worst)
	if !(worst <= lossTolerance) {
		t.Errorf("losses differ by %.1e: %v, want %v", worst, got, want)
	}
}

func compareAdapters(t *testing.T, got, want *peft.Adapter) {
	t.Helper()
	if len(got.Modules) != len(want.Modules) || got.Rank != want.Rank {
		t.Fatalf("%d modules of rank %d, want %d of %d", len(got.Modules), got.Rank, len(want.Modules), want.Rank)
	}
	var off, size, worst float64
	for i, w := range want.Modules {
		g := got.Modules[i]
		if g.Path != w.Path {
			t.Fatalf("module %s, want %s", g.Path, w.Path)
		}
		for _, f := range [][2][]float32{{g.A, w.A}, {g.B, w.B}} {
			var o, s float64
			for j, v := range f[1] {
				d := float64(f[0][j]) - float64(v)
				o, s = o+d*d, s+float64(v)*float64(v)
			}
			off, size, worst = off+o, size+s, max(worst, math.Sqrt(o/s))
		}
	}
	all := math.Sqrt(off / size)
	t.Logf("adapters within %.1e, each tensor within %.1e", all, worst)
	if !(all <= adapterTolerance) || !(worst <= tensorTolerance) {
		t.Errorf("adapters differ by %.1e, a tensor by %.1e", all, worst)
	}
}

package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// golden is what torch computed for a checkpoint, in testdata/tiny.
type golden struct {
	losses  []float64
	params  int64
	tensors *safetensors.File
	shapes  map[string][]int
}

func readGolden(t testing.TB, dir string) golden {
	t.Helper()
	var g golden
	text, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Losses     []float64
		Parameters int64
	}
	if err := json.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	g.losses, g.params, g.shapes = content.Losses, content.Parameters, make(map[string][]int)
	if g.tensors, err = safetensors.Open(filepath.Join(dir, "golden.safetensors")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.tensors.Close() })
	for _, h := range g.tensors.Tensors() {
		g.shapes[h.Name] = h.Shape
	}
	return g
}

func (g golden) read(t testing.TB, name string) []float32 {
	t.Helper()
	shape, ok := g.shapes[name]
	if !ok {
		t.Fatalf("torch's goldens have no %s", name)
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	values := make([]float32, n)
	if err := g.tensors.ReadFloat32(name, 0, values); err != nil {
		t.Fatal(err)
	}
	return values
}

// distance is the relative L2 distance of got from want.
func distance(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var diff, norm float64
	for i := range want {
		d, w := float64(got[i])-float64(want[i]), float64(want[i])
		diff, norm = diff+d*d, norm+w*w
	}
	if norm == 0 {
		return math.Sqrt(diff)
	}
	return math.Sqrt(diff / norm)
}

// rounding is 1, but of a bias whose S is rounding, as that of k is where nothing
// rotates and it shifts all scores of a token alike: then it is a tenth of S of the
// map's weight, by its own.
func (g golden) rounding(t testing.TB, name string) float64 {
	weight := strings.TrimSuffix(name, ".bias") + ".weight"
	if _, ok := g.shapes[weight]; !ok || weight == name {
		return 1
	}
	own, whole := norm(g.read(t, name)), norm(g.read(t, weight))
	if own > 1e-6*whole {
		return 1
	}
	return whole / 10 / own
}

func norm(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// furthest is the largest difference, relative to the largest of want.
func furthest(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var diff, most float64
	for i := range want {
		diff = max(diff, math.Abs(float64(got[i])-float64(want[i])))
		most = max(most, math.Abs(float64(want[i])))
	}
	return diff / most
}

func TestLogitsLossesAndSensitivityEqualTorchs(t *testing.T) {
	for _, variant := range variants(t) {
		t.Run(variant, func(t *testing.T) {
			onEach(t, func(t *testing.T, backend string) { compareWithTorch(t, filepath.Join(tiny, variant), backend) })
		})
	}
}

// compareWithTorch allows the logits 1e-4 of the largest one, the losses 1e-5
// relative, S 1e-4 relative L2 a tensor.
func compareWithTorch(t *testing.T, dir, backend string) {
	ctx := context.Background()
	ck, a := open(t, dir)
	e := start(t, ck, a, engine.Options{Backend: backend})
	s, g := samples(t, filepath.Join(dir, "samples.jsonl")), readGolden(t, dir)

	if n := a.Parameters(); n != g.params {
		t.Errorf("%d parameters, torch has %d", n, g.params)
	}
	seen := 0
	err := e.Logits(ctx, s, func(i int, logits []float32) error {
		if d := furthest(logits, g.read(t, fmt.Sprintf("logits.%d", i))); !(d <= 1e-4) {
			t.Errorf("logits of sample %d: off by %.2e of the largest", i, d)
		}
		seen++
		return nil
	})
	if err != nil || seen != len(s) {
		t.Fatalf("logits of %d samples of %d: %v", seen, len(s), err)
	}

	losses, err := e.Losses(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	compareLosses(t, losses, g.losses)

	visited := make(map[string]bool)
	again, err := e.Sensitivity(ctx, s, func(group engine.Group) error {
		for _, x := range group.Tensors {
			name, values := goldenName(ck, x)
			if visited[name] {
				t.Errorf("%s is visited twice", name)
			}
			visited[name] = true
			if d := distance(values, g.read(t, name)) / g.rounding(t, name); !(d <= 1e-4) {
				t.Errorf("%s: relative L2 distance %.2e", name, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(losses, again) {
		t.Errorf("losses %v on the way to S, %v alone", again, losses)
	}
	for name := range g.shapes {
		if name[0] == 'S' && !visited[name] {
			t.Errorf("%s is not visited", name)
		}
	}
}

func compareLosses(t *testing.T, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d losses, want %d", len(got), len(want))
	}
	for i := range want {
		if d := math.Abs(got[i]-want[i]) / want[i]; !(d <= 1e-5) {
			t.Errorf("loss of sample %d: %v, want %v: off by %.2e", i, got[i], want[i], d)
		}
	}
}

// goldenName is a tensor's name in the goldens and its S as it lies there: as on
// disk, but of GGUF files as transformers names and arranges it.
func goldenName(ck *checkpoint.Checkpoint, x engine.Tensor) (string, []float32) {
	if ck.Format() == checkpoint.GGUF {
		if x.Bias {
			return "S." + x.Module.Path + ".bias", x.S
		}
		weight := arch.Tensor{Shape: x.Shape}
		if x.Module.FanInFanOut { // of Conv1D
			weight = arch.Tensor{Shape: []int{x.Module.In, x.Module.Out}, Layout: arch.Layout{Transposed: true}}
		}
		values, _ := engine.OnDisk(weight, x.S)
		return "S." + x.Module.Path + ".weight", values
	}
	disk := x.Module.Weight
	if x.Bias {
		disk = *x.Module.Bias
	}
	values, _ := engine.OnDisk(disk, x.S)
	return "S." + x.Name, values
}

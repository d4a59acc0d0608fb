package engine_test

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/engine/fused"
)

// Losses with bfloat16 are those of float32, sums of S within 2 % of torch's float32,
// and on every kernel, so that what rounds alone and what the processor rounds agree.
func TestBFloat16SumsOfSensitivityAreNearFloat32s(t *testing.T) {
	for _, variant := range []string{"plain", "biases", "tied", "gguf"} {
		for _, kernel := range fused.Kernels(true) {
			onEach(t, func(t *testing.T, backend string) {
				t.Run(variant+" "+kernel.Name(), func(t *testing.T) {
					t.Setenv(fused.Env, kernel.Name())
					compareBFloat16(t, filepath.Join(tiny, variant), backend, kernel)
				})
			})
		}
	}
}

func compareBFloat16(t *testing.T, dir, backend string, kernel *fused.Kernel) {
	ck, a := open(t, dir)
	var warned string
	e := start(t, ck, a, engine.Options{Backend: backend, BFloat16: true, Warn: func(line string) { warned += line }})
	if native := kernel.Native(); native == strings.Contains(warned, "no time is saved") {
		t.Errorf("native %v, warned %q", native, warned)
	}
	s, g := samples(t, filepath.Join(dir, "samples.jsonl")), readGolden(t, dir)
	rounded := false
	losses, err := e.Sensitivity(t.Context(), s, func(group engine.Group) error {
		for _, x := range group.Tensors {
			name, values := goldenName(ck, x)
			want := g.read(t, name)
			if d := math.Abs(sum(values)-sum(want)) / sum(want); !(d <= 0.02*g.rounding(t, name)) {
				t.Errorf("%s: the sum is off by %.2e", name, d)
			}
			rounded = rounded || distance(values, want) > 1e-4
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !rounded {
		t.Error("S is that of float32")
	}
	compareLosses(t, losses, g.losses)
	plain, err := start(t, ck, a, engine.Options{Backend: backend}).Losses(t.Context(), s)
	if err != nil || !slices.Equal(plain, losses) {
		t.Errorf("losses %v, in float32 %v (%v)", losses, plain, err)
	}
}

func sum(values []float32) (s float64) {
	for _, v := range values {
		s += float64(v)
	}
	return s
}

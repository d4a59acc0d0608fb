package peft

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

func TestWeighGivesTheNormsOfTheWeights(t *testing.T) {
	a := model(t, false, false)
	stack := a.Module("model.layers.1.self_attn.k_proj")
	stack.Weight.Layout, stack.Weight.Shape = arch.Layout{Stacked: true, Index: 2}, []int{3, 4, 8}
	all := weightsOf(a, "F32", nil)
	ck := openModel(t, modelFolder(t, all, 2))
	r, err := Check("testdata/rslora", a)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	if err := r.Weigh(context.Background(), ck, a, func(done, total int) { told = total - done }); err != nil || told != 0 {
		t.Fatal(err, told)
	}
	for _, c := range r.Modules {
		want := 0.0
		for _, s := range all {
			if s.Name != c.Path+".weight" {
				continue
			}
			values := s.values
			if c.Path == stack.Path {
				values = values[2*4*8:]
			}
			for _, v := range values {
				want = math.Hypot(want, float64(v))
			}
		}
		if math.Abs(c.WeightNorm-want) > 1e-9*want || math.Abs(c.Relative-c.Norm/want) > 1e-9*c.Relative {
			t.Errorf("%s: norm %v, relative %v; want %v", c.Path, c.WeightNorm, c.Relative, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Weigh(ctx, ck, a, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	other := openModel(t, modelFolder(t, all[:3], 1))
	if err := r.Weigh(context.Background(), other, a, nil); err == nil || filepath.Ext(err.Error()) == "" {
		t.Errorf("error is %v", err)
	}
}

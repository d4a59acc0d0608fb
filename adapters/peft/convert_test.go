package peft

import (
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

func TestConvertIsTrainedMinusInit(t *testing.T) {
	init, trained := small(), small()
	trained.BaseModel = "/tmp/modified"
	for i := range trained.Modules {
		for j := range trained.Modules[i].B {
			trained.Modules[i].B[j] += float32(j + i)
		}
		for j := range trained.Modules[i].A {
			trained.Modules[i].A[j] -= float32(j % 3)
		}
	}
	trained.Modules[0].Base = make([]float32, 8)
	folded, err := Convert(trained, init)
	if err != nil {
		t.Fatal(err)
	}
	if folded.Rank != 4 || folded.BaseModel != init.BaseModel || folded.Modules[0].Base != nil {
		t.Errorf("rank %d, base %s, weights of the base %v", folded.Rank, folded.BaseModel, folded.Modules[0].Base)
	}
	if err := folded.check(); err != nil {
		t.Fatal(err)
	}
	entry := func(a *Adapter, i, o, j int) float32 {
		m, v := a.Modules[i], float32(0)
		for k := range a.Rank {
			v += m.B[o*a.Rank+k] * m.A[k*m.In+j]
		}
		return v
	}
	for i, m := range folded.Modules {
		for o := range m.Out {
			for j := range m.In {
				want := entry(trained, i, o, j) - entry(init, i, o, j) // small integers: exact
				if got := entry(folded, i, o, j); got != want {
					t.Errorf("%s [%d, %d]: %v, want %v", m.Path, o, j, got, want)
				}
			}
		}
	}
}

func TestConvertRefusesAdaptersOfDifferentTransfers(t *testing.T) {
	tests := []struct {
		name   string
		change func(trained *Adapter)
		want   string
	}{
		{"fewer", func(a *Adapter) { a.Modules = a.Modules[:1] }, "init has model.layers.0.mlp.up_proj, but the trained adapter does not"},
		{"other", func(a *Adapter) { a.Modules = append(a.Modules, Module{Path: "z"}) }, "the trained adapter has z, but init does not"},
		{"shape", func(a *Adapter) { a.Modules[1].In = 4 }, "by a B A of [2, 4], init a linear map by [2, 3]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trained := small()
			tt.change(trained)
			_, err := Convert(trained, small())
			if err == nil || !strings.Contains(err.Error(), tt.want) || hint.Of(err) == "" {
				t.Errorf("error is %v (hint %q), want %q in it", err, hint.Of(err), tt.want)
			}
		})
	}
}

package arch_test

import (
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// A norm with a weight and a bias for each of two heads, as they lie on disk.
func TestNewFoldsTheWeightsOfHeads(t *testing.T) {
	m := plain()
	n := in(m, "norm").GetNorm()
	n.Width, n.Groups, n.Kind, n.Module.Bias = hidden/2, 2, archpb.Norm_KIND_LAYER, true
	tensors := plainTensors()
	var norms []arch.TensorHeader
	for i := range tensors {
		name := tensors[i].Name
		if name == "model.layers.0.norm1.weight" || name == "model.layers.1.norm1.weight" {
			tensors[i].Shape = []int{2, hidden / 2}
			norms = append(norms, arch.TensorHeader{Name: name[:len(name)-len("weight")] + "bias", DType: "F32", Shape: []int{2, hidden / 2}})
		}
	}
	a, err := arch.New(m, append(tensors, norms...))
	if err != nil {
		t.Fatal(err)
	}
	norm := a.Module("model.layers.1.norm1")
	for _, tensor := range []arch.Tensor{norm.Weight, *norm.Bias} {
		if norm.Out != hidden || norm.In != 0 || !slices.Equal(tensor.Shape, []int{2, hidden / 2}) || !slices.Equal(tensor.CanonicalShape(), []int{hidden}) {
			t.Errorf("%+v reads %+v", norm, tensor)
		}
	}
	before, err := arch.New(plain(), plainTensors())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := a.Parameters(), before.Parameters()+2*hidden; got != want {
		t.Errorf("%d parameters, expected %d", got, want)
	}

	_, err = arch.New(m, plainTensors())
	wantError(t, err, `tensor "model.layers.0.norm1.weight" has shape [8], expected [2 4]`)
	n.Groups = 3
	_, err = arch.New(m, tensors)
	wantError(t, err, "groups is 3, expected 2, the input's runs of 4 entries")
}

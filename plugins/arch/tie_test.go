package arch_test

import (
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Transformers ties embedding and unembedding to whichever of the two a checkpoint
// holds, and to the embedding where it holds both and they are equal.
func TestTiedWeightIsTheOneThatTheCheckpointHolds(t *testing.T) {
	own := arch.TensorHeader{Name: "head.weight", DType: "F32", Shape: []int{vocab, hidden}}

	a, err := arch.New(plain(), append(plainTensors(), own))
	if err != nil {
		t.Fatal(err)
	}
	head := a.Module("head")
	if head.Weight.Name != "model.embed.weight" || head.Copy == nil || head.Copy.Name != "head.weight" {
		t.Errorf("both are there: head is %+v", head)
	}
	if n := a.Parameters(); n != mustNew(t, plainTensors()).Parameters() {
		t.Errorf("the copy counts as parameters: %d", n)
	}

	tensors := plainTensors()
	tensors[0] = own
	a = mustNew(t, tensors)
	if embed, head := a.Module("model.embed"), a.Module("head"); embed.Weight.Name != "head.weight" || head.Weight.Name != "head.weight" ||
		head.TiedTo != "model.embed" || head.Copy != nil {
		t.Errorf("only the unembedding is there: embed is %+v, head %+v", embed, head)
	}

	own.Shape = []int{vocab + 1, hidden}
	_, err = arch.New(plain(), append(plainTensors(), own))
	wantError(t, err, `tensor "head.weight" has shape [12 8], expected [11 8]`)
}

func TestUntieGivesTheModuleItsCopy(t *testing.T) {
	model := plain()
	own := arch.TensorHeader{Name: "head.weight", DType: "F32", Shape: []int{vocab, hidden}}
	a, err := arch.New(model, append(plainTensors(), own))
	if err != nil {
		t.Fatal(err)
	}
	tied := a.Parameters()
	head := a.Module("head")
	a.Untie(head)
	if head.TiedTo != "" || head.Copy != nil || head.Weight.Name != "head.weight" || a.Parameters() != tied+vocab*hidden {
		t.Errorf("head is %+v, %d parameters after %d", head, a.Parameters(), tied)
	}
	if a.Epilogue[1].GetLinear().Module.TiedTo != "" {
		t.Error("the program still ties the head")
	}
	if model.Epilogue[1].GetLinear().Module.TiedTo == "" {
		t.Error("the plugin's model was changed")
	}
	a.Untie(a.Module("model.embed"))
	if w := a.Module("model.embed").Weight.Name; w != "model.embed.weight" {
		t.Errorf("a module without a copy now reads %q", w)
	}
}

func mustNew(t *testing.T, tensors []arch.TensorHeader) *arch.Architecture {
	t.Helper()
	a, err := arch.New(plain(), tensors)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

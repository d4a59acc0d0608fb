package arch_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// FuzzNew wants no panic whatever a plugin sends, and from a description that is
// taken what the package promises: every module's tensors are the checkpoint's.
func FuzzNew(f *testing.F) {
	for _, m := range []*archpb.Model{plain(), rich()} {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	tensors := append(plainTensors(), richTensors()...)
	shapes := make(map[string][]int)
	for _, t := range tensors {
		shapes[t.Name] = t.Shape
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m archpb.Model
		if proto.Unmarshal(b, &m) != nil {
			return
		}
		// What is needed can be found out of whatever is sent, or not.
		if needed, err := arch.Needed(&m); err == nil && len(needed) == 0 {
			t.Fatal("a model that needs no tensor")
		}
		for _, tensors := range [][]arch.TensorHeader{plainTensors(), richTensors(), tensors} {
			a, err := arch.New(&m, tensors)
			if err != nil {
				if a != nil {
					t.Fatal("an architecture beside an error")
				}
				continue
			}
			for _, module := range a.Modules {
				if a.Module(module.Path) != module {
					t.Fatalf("module %s is not found", module.Path)
				}
				weight := module.Weight.CanonicalShape()
				if _, ok := shapes[module.Weight.Name]; !ok || weight[0] != module.Out {
					t.Fatalf("module %s of %d rows reads %+v", module.Path, module.Out, module.Weight)
				}
			}
			if a.Parameters() <= 0 {
				t.Fatalf("%d parameters", a.Parameters())
			}
		}
	})
}

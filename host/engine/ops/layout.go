package ops

import (
	"reflect"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// executor is gobackend.NodeExecutor: it takes inputs that it owns or leaves them, and
// puts nil in the place of one that became the output.
type executor func(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error)

// backend is gobackend.Backend, of which nothing is used but getBuffer.
type backend struct{ _ byte }

// buffer is gobackend.Buffer.
type buffer struct {
	RawBackend *backend
	RawShape   shapes.Shape
	InUse      bool
	isUserFed  bool
	RawBytes   []byte
	Flat       any
}

// node is gobackend.Node.
type node struct {
	Index              int
	Inputs             []*node
	CapturedInputs     [][]*node
	OpType             compute.OpType
	Shape              shapes.Shape
	Builder, Function  unsafe.Pointer
	MultiOutputsShapes []shapes.Shape
	MultiOutputsNodes  []*node
	IsNodeSelectOutput bool
	SelectOutputIdx    int
	Data               any
}

// Data of nodes, each under another name in the backend's packages.
type (
	sliceData   struct{ starts, limits, strides []int }
	padData     struct{ axesConfig []compute.PadAxis }
	softmaxData struct{ axis int }
)

// getBuffer takes a buffer from the backend's pool. What it holds is anything.
//
//go:linkname getBuffer github.com/gomlx/compute/internal/gobackend.(*Backend).GetBuffer
func getBuffer(b *backend, shape shapes.Shape) (*buffer, error)

// dataOf is a node's data, as a type laid out like the one it has.
func dataOf[T any](n *node) *T {
	return (*T)((*[2]unsafe.Pointer)(unsafe.Pointer(&n.Data))[1])
}

// alike reports whether what two pointers point to is laid out the same: fields of the
// same names, places, kinds and sizes.
func alike(a, b reflect.Type) bool {
	if a.Kind() != reflect.Pointer || b.Kind() != reflect.Pointer {
		return false
	}
	a, b = a.Elem(), b.Elem()
	if a.Kind() != reflect.Struct || b.Kind() != reflect.Struct || a.NumField() != b.NumField() || a.Size() != b.Size() {
		return false
	}
	for i := range a.NumField() {
		f, g := a.Field(i), b.Field(i)
		if f.Name != g.Name || f.Offset != g.Offset || f.Type.Size() != g.Type.Size() || kind(f.Type) != kind(g.Type) {
			return false
		}
	}
	return true
}

// kind is a type's, but pointers are all of one.
func kind(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.UnsafePointer {
		return reflect.Pointer
	}
	return t.Kind()
}

// dataAlike reports whether a value is a node, and its data is laid out like a type.
func dataAlike(v compute.Value, like reflect.Type) bool {
	n := reflect.ValueOf(v)
	if !alike(n.Type(), reflect.TypeFor[*node]()) {
		return false
	}
	data := n.Elem().FieldByName("Data").Elem()
	return data.IsValid() && alike(data.Type(), like)
}

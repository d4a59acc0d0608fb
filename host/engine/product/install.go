package product

import (
	"reflect"
	"sync"
	_ "unsafe" // for go:linkname

	"github.com/gomlx/compute/dtypes"

	"github.com/neuralnuggets/nugget/host/engine/pinned"
)

// registration is what the backend keeps of a way to multiply: the first fields of
// dot.ImplementationRegistration of the release in package pinned.
type registration struct {
	_        string // its name
	multiply any    // dot.DotGeneralExecFn[float32, float32]
}

// find is how the backend finds one when it builds a graph. GoMLX has no public way to
// register another.
//
//go:linkname find github.com/gomlx/compute/internal/gobackend/dot.FindRegisteredImplementation
func find(layout int, input, output dtypes.DType) *registration

const (
	plainLayout, turnedLayout = 0, 1 // of dot.Layout
	// few rows are the backend's own: to pack for them does not pay.
	few = 4
)

// Install has the pure Go backend multiply with this package's kernel from now on, and
// reports whether it does: on a processor that has one, with the release of GoMLX that
// this was tested with.
var Install = sync.OnceValue(func() bool {
	if !available() || !pinned.Tested() {
		return false
	}
	return replace(plainLayout) && replace(turnedLayout)
})

// replace puts multiply in the place of what is registered for a layout.
func replace(layout int) bool {
	r := find(layout, dtypes.Float32, dtypes.Float32)
	if r == nil {
		return false
	}
	own := reflect.ValueOf(r.multiply)
	if own.Kind() != reflect.Func || own.Type().NumIn() != 9 {
		return false
	}
	// (backend, layout, lhs, rhs, batch, m, n, k, out)
	replacement := reflect.MakeFunc(own.Type(), func(in []reflect.Value) []reflect.Value {
		m := int(in[5].Int())
		if m < few {
			return own.Call(in)
		}
		s := shape{int(in[4].Int()), m, int(in[6].Int()), int(in[7].Int()), layout == turnedLayout}
		multiply(in[8].Interface().([]float32), in[2].Interface().([]float32), in[3].Interface().([]float32), s)
		return nil
	})
	r.multiply = replacement.Interface()
	return true
}

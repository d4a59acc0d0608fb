package ops

import (
	"reflect"
	"sync"
	_ "unsafe" // for go:linkname

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"github.com/neuralnuggets/nugget/host/engine/pinned"
)

// priorityUser is gobackend.PriorityUser: "custom user overrides", says its comment,
// though the package is internal.
const priorityUser = 100

//go:linkname setNodeExecutor github.com/gomlx/compute/internal/gobackend.SetNodeExecutor
func setNodeExecutor(op compute.OpType, priority int, e executor)

// nodeExecutors are those registered, by operation.
//
//go:linkname nodeExecutors github.com/gomlx/compute/internal/gobackend.nodeExecutors
var nodeExecutors [compute.OpTypeLast]executor

// Install has the pure Go backend execute operations with this package's loops from now
// on, and reports whether it does: with the release of GoMLX that this was tested with.
var Install = sync.OnceValue(func() bool {
	if !pinned.Tested() || !laidOut() {
		return false
	}
	for op := range kernels() {
		if nodeExecutors[op] == nil {
			return false
		}
	}
	for op, k := range kernels() {
		before := nodeExecutors[op]
		setNodeExecutor(op, priorityUser, func(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error) {
			if out, err := k(b, n, in, owned); out != nil || err != nil {
				return out, err
			}
			return before(b, n, in, owned)
		})
	}
	return true
})

// kernel executes a node. It returns nil, and has touched nothing, where the case is
// none that it knows.
type kernel func(b *backend, n *node, in []*buffer, owned []bool) (*buffer, error)

// kernels are all that this package has.
func kernels() map[compute.OpType]kernel {
	return map[compute.OpType]kernel{
		compute.OpTypeTranspose:    transpose,
		compute.OpTypeFusedSoftmax: softmax,
		compute.OpTypeLogistic:     unary(loops.logistic),
		compute.OpTypeExp:          unary(loops.exp),
		compute.OpTypeTanh:         unary(loops.tanh),
		compute.OpTypeErf:          unary(loops.erf),
		compute.OpTypeNeg:          unary(negate),
		compute.OpTypeAdd:          pairwise(loops.add),
		compute.OpTypeSub:          pairwise(loops.sub),
		compute.OpTypeMul:          pairwise(loops.mul),
		compute.OpTypeDiv:          pairwise(loops.div),
		compute.OpTypeEqual:        comparison(equal),
		compute.OpTypeLessOrEqual:  comparison(lessOrEqual),
		compute.OpTypeReduceMax:    reduce(loops.max, maxRow),
		compute.OpTypeReduceSum:    reduce(loops.sum, sumRow),
		compute.OpTypeSlice:        slice,
		compute.OpTypePad:          pad,
		compute.OpTypeWhere:        where,
		compute.OpTypeConvertDType: truths,
		compute.OpTypeIota:         iota32,
	}
}

// laidOut reports whether the backend's types have their fields where this package's
// copies have them.
func laidOut() bool {
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		return false
	}
	defer b.Finalize()
	shape := shapes.Make(dtypes.Float32, 1)
	buf, _, err := b.NewSharedBuffer(0, shape)
	if err != nil || !alike(reflect.TypeOf(buf), reflect.TypeFor[*buffer]()) {
		return false
	}
	f := b.Builder("layout").Main()
	x, err := f.Parameter("x", shape, nil)
	if err != nil {
		return false
	}
	zero, err := f.Constant([]float32{0})
	if err != nil {
		return false
	}
	sliced, err := f.Slice(x, []int{0}, []int{1}, nil)
	if err != nil {
		return false
	}
	padded, err := f.Pad(x, zero, compute.PadAxis{})
	if err != nil {
		return false
	}
	shares, err := f.FusedSoftmax(x, 0)
	if err != nil {
		return false
	}
	return dataAlike(sliced, reflect.TypeFor[*sliceData]()) && dataAlike(padded, reflect.TypeFor[*padData]()) &&
		dataAlike(shares, reflect.TypeFor[*softmaxData]())
}

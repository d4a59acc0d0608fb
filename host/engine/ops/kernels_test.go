package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
)

// The backend must really execute with this package: a release of GoMLX that keeps its
// executors elsewhere fails here.
func TestTheBackendExecutesWithThisPackage(t *testing.T) {
	if !Install() {
		t.Fatal("the backend has no place for it")
	}
	for op := range kernels() {
		name := runtime.FuncForPC(reflect.ValueOf(nodeExecutors[op]).Pointer()).Name()
		if !strings.Contains(name, "host/engine/ops") {
			t.Errorf("%s is executed by %s", op, name)
		}
	}
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	got := execute(t, b, []float32{1, 2, 3, 4, 5, 6}, []int{2, 3}, func(f compute.Function, x compute.Value) (compute.Value, error) {
		y, err := f.Transpose(x, 1, 0)
		if err != nil {
			return nil, err
		}
		return f.ReduceSum(y, 1)
	})
	if !slices.Equal(got, []float32{5, 7, 9}) {
		t.Errorf("sums of columns: %v", got)
	}
}

// What this package does not know is GoMLX's as before.
func TestOtherCasesAreLeftToGoMLX(t *testing.T) {
	Install()
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	x := []float32{1, 2, 3, 4, 5, 6}
	for name, c := range map[string]struct {
		build func(f compute.Function, x compute.Value) (compute.Value, error)
		want  []float32
	}{
		"a slice with strides": {func(f compute.Function, x compute.Value) (compute.Value, error) {
			return f.Slice(x, []int{0, 0}, []int{2, 3}, []int{1, 2})
		}, []float32{1, 3, 4, 6}},
		"a softmax along the first axis": {func(f compute.Function, x compute.Value) (compute.Value, error) {
			y, err := f.FusedSoftmax(x, 0)
			if err != nil {
				return nil, err
			}
			return f.ReduceSum(y, 0)
		}, []float32{1, 1, 1}},
		"padding between entries": {func(f compute.Function, x compute.Value) (compute.Value, error) {
			seven, err := f.Constant([]float32{7})
			if err != nil {
				return nil, err
			}
			return f.Pad(x, seven, compute.PadAxis{}, compute.PadAxis{Interior: 1})
		}, []float32{1, 7, 2, 7, 3, 4, 7, 5, 7, 6}},
		"int64": {func(f compute.Function, x compute.Value) (compute.Value, error) {
			y, err := f.ConvertDType(x, dtypes.Int64)
			if err != nil {
				return nil, err
			}
			if y, err = f.Add(y, y); err != nil {
				return nil, err
			}
			return f.ConvertDType(y, dtypes.Float32)
		}, []float32{2, 4, 6, 8, 10, 12}},
	} {
		t.Run(name, func(t *testing.T) {
			got := execute(t, b, x, []int{2, 3}, c.build)
			for i := range c.want {
				if len(got) != len(c.want) || math.Abs(float64(got[i]-c.want[i])) > 1e-6 {
					t.Fatalf("%v, want %v", got, c.want)
				}
			}
		})
	}
}

// execute runs a function of one parameter.
func execute(t *testing.T, b compute.Backend, x []float32, dims []int, build func(f compute.Function, x compute.Value) (compute.Value, error)) []float32 {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	builder := b.Builder("test")
	f := builder.Main()
	shape := shapes.Make(dtypes.Float32, dims...)
	p, err := f.Parameter("x", shape, nil)
	must(err)
	y, err := build(f, p)
	must(err)
	must(f.Return([]compute.Value{y}, nil))
	e, err := builder.Compile()
	must(err)
	in, err := b.BufferFromFlatData(0, x, shape)
	must(err)
	out, err := e.Execute([]compute.Buffer{in}, nil, 0)
	must(err)
	flat, err := out[0].Data()
	must(err)
	return slices.Clone(flat.([]float32))
}

// harness has a backend to take buffers from.
type harness struct {
	testing.TB
	backend compute.Backend
}

func newHarness(t testing.TB) *harness {
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return &harness{t, b}
}

func (b *harness) buffer(flat any, dims ...int) *buffer {
	b.Helper()
	dtype := dtypes.FromGoType(reflect.TypeOf(flat).Elem())
	buf, err := b.backend.BufferFromFlatData(0, flat, shapes.Make(dtype, dims...))
	if err != nil {
		b.Fatal(err)
	}
	return (*buffer)(reflect.ValueOf(buf).UnsafePointer())
}

// run executes a kernel, which must know the case.
func (b *harness) run(k kernel, n *node, in ...*buffer) *buffer {
	b.Helper()
	out, err := k(b.buffer([]float32{0}, 1).RawBackend, n, in, make([]bool, len(in)))
	if err != nil {
		b.Fatal(err)
	}
	if out == nil {
		b.Fatal("the kernel leaves the case to GoMLX")
	}
	if !out.RawShape.Equal(n.Shape) {
		b.Fatalf("shape %s, want %s", out.RawShape, n.Shape)
	}
	return out
}

// index is the place of an entry in a shape, axes of size 1 repeated.
func index(at, dims []int) int {
	i := 0
	for axis, n := range dims {
		i = i * n
		if n > 1 {
			i += at[axis]
		}
	}
	return i
}

// everywhere calls f for each place of a shape, in order.
func everywhere(dims []int, f func(at []int)) {
	at := make([]int, len(dims))
	total := 1
	for _, n := range dims {
		total *= n
	}
	for i := range total {
		for axis := len(dims) - 1; axis >= 0; axis-- {
			at[axis] = i % dims[axis]
			i /= dims[axis]
		}
		f(at)
	}
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func checkTranspose(b *harness, dims, permutation []int) {
	b.Helper()
	x := normal(1, product(dims), 1)
	out := make([]int, len(dims))
	for i, axis := range permutation {
		out[i] = dims[axis]
	}
	n := &node{Shape: shapes.Make(dtypes.Float32, out...), Data: permutation}
	got := b.run(transpose, n, b.buffer(x, dims...)).Flat.([]float32)
	i, from := 0, make([]int, len(dims))
	everywhere(out, func(at []int) {
		for j, axis := range permutation {
			from[axis] = at[j]
		}
		if want := x[index(from, dims)]; got[i] != want {
			b.Fatalf("%v by %v: %v is %v, want %v", dims, permutation, at, got[i], want)
		}
		i++
	})
}

func TestTransposesOfOurGraphs(t *testing.T) {
	b := newHarness(t)
	for _, c := range []struct{ dims, permutation []int }{
		{[]int{13, 9, 64}, []int{1, 0, 2}}, {[]int{9, 13, 64}, []int{1, 0, 2}}, {[]int{13, 31}, []int{1, 0}},
		{[]int{3, 17, 24}, []int{0, 2, 1}}, {[]int{1}, []int{0}}, {[]int{2, 3, 4, 5}, []int{3, 1, 0, 2}},
		{[]int{5, 1, 7}, []int{2, 1, 0}}, {[]int{16, 8}, []int{0, 1}},
	} {
		checkTranspose(b, c.dims, c.permutation)
	}
}

func FuzzTransposes(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		dims := make([]int, 1+r.IntN(5))
		for i := range dims {
			dims[i] = 1 + r.IntN(20)
			if product(dims[:i+1]) > 40000 {
				dims[i] = 1
			}
		}
		checkTranspose(newHarness(t), dims, r.Perm(len(dims)))
	})
}

func checkBroadcast(b *harness, out, left, right []int) {
	b.Helper()
	x, y := normal(1, product(left), 1), normal(2, product(right), 1)
	n := &node{Shape: shapes.Make(dtypes.Float32, out...)}
	got := b.run(pairwise(loops.sub), n, b.buffer(x, left...), b.buffer(y, right...)).Flat.([]float32)
	i := 0
	everywhere(out, func(at []int) {
		if want := x[index(at, left)] - y[index(at, right)]; got[i] != want {
			b.Fatalf("%v = %v - %v: %v is %v, want %v", out, left, right, at, got[i], want)
		}
		i++
	})
}

func TestBroadcastsOfOurGraphs(t *testing.T) {
	b := newHarness(t)
	for _, c := range [][3][]int{
		{{13, 40}, {13, 40}, {13, 40}}, {{13, 40}, {1, 40}, {13, 40}}, {{13, 40}, {13, 40}, {13, 1}},
		{{13, 9, 32}, {13, 9, 32}, {13, 1, 32}}, {{3, 5, 5}, {3, 5, 5}, {1, 5, 5}}, {{13, 40}, {}, {13, 40}},
		{{13, 40}, {13, 40}, {}}, {{5, 7}, {5, 1}, {1, 7}}, {{1, 1}, {1, 1}, {1, 1}}, {{}, {}, {}}, {{3, 1}, {1, 1}, {3, 1}},
	} {
		checkBroadcast(b, c[0], c[1], c[2])
	}
}

func FuzzBroadcasts(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		out := make([]int, 1+r.IntN(5))
		for i := range out {
			out[i] = 1 + r.IntN(12)
		}
		left, right := slices.Clone(out), slices.Clone(out)
		for i := range out {
			switch r.IntN(4) {
			case 0:
				left[i] = 1
			case 1:
				right[i] = 1
			}
		}
		checkBroadcast(newHarness(t), out, left, right)
	})
}

func TestComparisonsOfIntegers(t *testing.T) {
	b := newHarness(t)
	x, y := []int32{1, 5, 3, 4, 5, 6}, []int32{3, 5}
	for name, c := range map[string]struct {
		k    kernel
		want func(a, b int32) bool
	}{
		"equal":         {comparison(equal), func(a, b int32) bool { return a == b }},
		"less or equal": {comparison(lessOrEqual), func(a, b int32) bool { return a <= b }},
	} {
		n := &node{Shape: shapes.Make(dtypes.Bool, 2, 3)}
		for _, dims := range [][]int{{2, 3}, {1, 3}, {2, 1}} {
			for _, swapped := range []bool{false, true} {
				in := []*buffer{b.buffer(x, 2, 3), b.buffer(append(y, x...)[:product(dims)], dims...)}
				if swapped {
					slices.Reverse(in)
				}
				got := b.run(c.k, n, in...).Flat.([]bool)
				i := 0
				everywhere([]int{2, 3}, func(at []int) {
					l := in[0].Flat.([]int32)[index(at, in[0].RawShape.Dimensions)]
					r := in[1].Flat.([]int32)[index(at, in[1].RawShape.Dimensions)]
					if got[i] != c.want(l, r) {
						t.Errorf("%s: %d, %d: %v", name, l, r, got[i])
					}
					i++
				})
			}
		}
	}
}

func TestReductions(t *testing.T) {
	b := newHarness(t)
	for _, c := range []struct {
		dims, axes, out []int
	}{
		{[]int{13, 40}, []int{1}, []int{13}}, {[]int{13, 40}, []int{0}, []int{40}}, {[]int{3, 5, 7}, []int{1}, []int{3, 7}},
		{[]int{3, 5, 7}, []int{1, 2}, []int{3}}, {[]int{3, 5, 7}, []int{0, 1, 2}, []int{}}, {[]int{3, 1, 7}, []int{1}, []int{3, 7}},
		{[]int{6, 7}, nil, []int{}}, {[]int{5}, []int{0}, []int{}},
	} {
		x := normal(3, product(c.dims), 1)
		n := &node{Shape: shapes.Make(dtypes.Float32, c.out...), Data: c.axes}
		sums := b.run(reduce(loops.sum, sumRow), n, b.buffer(x, c.dims...)).Flat.([]float32)
		most := b.run(reduce(loops.max, maxRow), n, b.buffer(x, c.dims...)).Flat.([]float32)
		wantSum, wantMost := make([]float64, len(sums)), slices.Repeat([]float32{-100}, len(sums))
		i := 0
		everywhere(c.dims, func(at []int) {
			var kept, dims []int
			for axis := range at {
				if c.axes != nil && !slices.Contains(c.axes, axis) {
					kept, dims = append(kept, at[axis]), append(dims, c.dims[axis])
				}
			}
			j := index(kept, dims)
			wantSum[j] += float64(x[i])
			wantMost[j] = max(wantMost[j], x[i])
			i++
		})
		for j := range sums {
			if math.Abs(float64(sums[j])-wantSum[j]) > 1e-5 || most[j] != wantMost[j] {
				t.Errorf("%v by %v, entry %d: sum %v, want %v; largest %v, want %v", c.dims, c.axes, j, sums[j], wantSum[j], most[j], wantMost[j])
			}
		}
	}
}

func TestSlicesAndPaddings(t *testing.T) {
	b := newHarness(t)
	for _, c := range []struct{ whole, starts, part []int }{
		{[]int{13, 9, 64}, []int{0, 0, 32}, []int{13, 9, 32}}, {[]int{4, 5, 6}, []int{1, 2, 3}, []int{2, 3, 2}},
		{[]int{4, 5, 6}, []int{1, 0, 0}, []int{3, 5, 6}}, {[]int{7}, []int{2}, []int{5}}, {[]int{4, 3}, []int{0, 0}, []int{4, 3}},
		{[]int{4, 5, 6}, []int{0, 2, 0}, []int{4, 1, 6}}, {[]int{1, 1}, []int{0, 0}, []int{1, 1}},
	} {
		name := fmt.Sprint(c.whole, c.starts, c.part)
		x := normal(1, product(c.whole), 1)
		limits, around := make([]int, len(c.whole)), make([]compute.PadAxis, len(c.whole))
		for axis, n := range c.part {
			limits[axis] = c.starts[axis] + n
			around[axis] = compute.PadAxis{Start: c.starts[axis], End: c.whole[axis] - limits[axis]}
		}
		data := &sliceData{c.starts, limits, slices.Repeat([]int{1}, len(c.whole))}
		part := b.run(slice, &node{Shape: shapes.Make(dtypes.Float32, c.part...), Data: data}, b.buffer(x, c.whole...))
		// What a slice takes, padding puts back.
		back := b.run(pad, &node{Shape: shapes.Make(dtypes.Float32, c.whole...), Data: &padData{around}}, part, b.buffer([]float32{0}))
		i, j := 0, 0
		everywhere(c.whole, func(at []int) {
			inside, want := true, float32(0)
			for axis := range at {
				inside = inside && at[axis] >= c.starts[axis] && at[axis] < limits[axis]
			}
			if inside {
				want = x[i]
				if got := part.Flat.([]float32)[j]; got != want {
					t.Fatalf("%s: entry %d is %v, want %v", name, j, got, want)
				}
				j++
			}
			if got := back.Flat.([]float32)[i]; got != want {
				t.Fatalf("%s: padded entry %v is %v, want %v", name, at, got, want)
			}
			i++
		})
	}
}

func TestIotaCountsAlongItsAxis(t *testing.T) {
	b := newHarness(t)
	for axis := range 3 {
		n := &node{Shape: shapes.Make(dtypes.Int32, 3, 4, 5), Data: axis}
		got, i := b.run(iota32, n).Flat.([]int32), 0
		everywhere([]int{3, 4, 5}, func(at []int) {
			if int(got[i]) != at[axis] {
				t.Fatalf("axis %d: %v is %d", axis, at, got[i])
			}
			i++
		})
	}
}

func TestChoicesByConditionsInRunsAndNot(t *testing.T) {
	b := newHarness(t)
	r := rand.New(rand.NewPCG(1, 4))
	for _, n := range []int{1, 7, 8, 29, 200} {
		for name, condition := range map[string]func(i int) bool{
			"none": func(int) bool { return false }, "all": func(int) bool { return true },
			"a mask": func(i int) bool { return i < n/2 }, "any": func(int) bool { return r.IntN(2) == 0 },
		} {
			c, want := make([]bool, n), make([]float32, n)
			for i := range c {
				c[i] = condition(i)
				if want[i] = 0; c[i] {
					want[i] = 1
				}
			}
			shape := shapes.Make(dtypes.Float32, n)
			if got := b.run(truths, &node{Shape: shape}, b.buffer(c, n)).Flat.([]float32); !slices.Equal(got, want) {
				t.Fatalf("%s of %d as numbers: %v, want %v", name, n, got, want)
			}
			for _, scalar := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
				for _, owned := range [][]bool{{false, false, false}, {false, true, false}, {false, false, true}} {
					x, y := b.buffer(normal(1, n, 1), n), b.buffer(normal(2, n, 1), n)
					if scalar[0] {
						x = b.buffer([]float32{3})
					}
					if scalar[1] {
						y = b.buffer([]float32{-4})
					}
					xs, ys := x.Flat.([]float32), y.Flat.([]float32)
					for i := range want {
						if want[i] = ys[i%len(ys)]; c[i] {
							want[i] = xs[i%len(xs)]
						}
					}
					out, err := where(x.RawBackend, &node{Shape: shape}, []*buffer{b.buffer(c, n), x, y}, owned)
					if err != nil || out == nil {
						t.Fatalf("not executed: %v", err)
					}
					if !slices.Equal(out.Flat.([]float32), want) {
						t.Fatalf("%s of %d, scalars %v, owned %v: %v, want %v", name, n, scalar, owned, out.Flat, want)
					}
				}
			}
		}
	}
}

func TestNegationKeepsZerosSigns(t *testing.T) {
	b := newHarness(t)
	x := []float32{0, float32(math.Copysign(0, -1)), 1, -2, float32(math.Inf(1)), float32(math.NaN()), 3, 4, 5}
	got := b.run(unary(negate), &node{Shape: shapes.Make(dtypes.Float32, len(x))}, b.buffer(x, len(x))).Flat.([]float32)
	for i, v := range x {
		if v == v && math.Float32bits(got[i]) != math.Float32bits(-v) || v != v && got[i] == got[i] {
			t.Errorf("-(%v) = %v", v, got[i])
		}
	}
}

func TestSoftmaxIsOfEachRow(t *testing.T) {
	b := newHarness(t)
	x := normal(1, 3*5*9, 1)
	n := &node{Shape: shapes.Make(dtypes.Float32, 3, 5, 9), Data: &softmaxData{2}}
	got := b.run(softmax, n, b.buffer(x, 3, 5, 9)).Flat.([]float32)
	for i := range 15 {
		want := make([]float32, 9)
		loops.softmax(want, x[i*9:][:9])
		if !slices.Equal(got[i*9:][:9], want) {
			t.Errorf("row %d: %v, want %v", i, got[i*9:][:9], want)
		}
	}
}

// An input that nobody else needs becomes the output.
func TestOwnedInputsAreReused(t *testing.T) {
	b := newHarness(t)
	x, y := b.buffer([]float32{1, 2, 3}, 3), b.buffer([]float32{10}, 1)
	in, n := []*buffer{x, y}, &node{Shape: shapes.Make(dtypes.Float32, 3)}
	out, err := pairwise(loops.sub)(x.RawBackend, n, in, []bool{true, true})
	if err != nil {
		t.Fatal(err)
	}
	if out != x || in[0] != nil || in[1] != y || !slices.Equal(out.Flat.([]float32), []float32{-9, -8, -7}) {
		t.Errorf("%v, inputs left %v", out.Flat, in)
	}
}

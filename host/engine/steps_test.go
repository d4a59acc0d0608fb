package engine

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

func module(path string, bias bool) *archpb.Module { return &archpb.Module{Path: path, Bias: bias} }

func linear(path string, in, out int, bias bool) *archpb.Step {
	return &archpb.Step{Op: &archpb.Step_Linear{Linear: &archpb.Linear{Module: module(path, bias), In: uint32(in), Out: uint32(out)}}}
}

func norm(n *archpb.Norm) *archpb.Step { return &archpb.Step{Op: &archpb.Step_Norm{Norm: n}} }

func activation(f archpb.Activation_Function) *archpb.Step {
	return &archpb.Step{Op: &archpb.Step_Activation{Activation: &archpb.Activation{Function: f}}}
}

func combination(kind archpb.Combine_Kind, in ...string) *archpb.Step {
	return &archpb.Step{In: in, Op: &archpb.Step_Combine{Combine: &archpb.Combine{Kind: kind}}}
}

func rope(r *archpb.Rope) *archpb.Step { return &archpb.Step{Op: &archpb.Step_Rope{Rope: r}} }

func named(s *archpb.Step, in string, out ...string) *archpb.Step {
	if in != "" {
		s.In = []string{in}
	}
	s.Out = out
	return s
}

// attention is q, k and v maps and attention over them.
func attention(a *archpb.Attention, width int) []*archpb.Step {
	q, kv := int(a.Heads*a.HeadDim), int(a.KvHeads*a.HeadDim)
	return []*archpb.Step{
		named(linear("q", width, q, false), "h", "q"),
		named(linear("k", width, kv, true), "h", "k"),
		named(linear("v", width, kv, false), "h", "v"),
		{In: []string{"q", "k", "v"}, Op: &archpb.Step_Attention{Attention: a}},
		linear("o", q, width, false),
	}
}

func experts(renormalize bool, k int) *archpb.Step {
	return &archpb.Step{Op: &archpb.Step_Experts{Experts: &archpb.Experts{
		Router: linear("router", 8, 4, false).GetLinear(), Count: 4, TopK: uint32(k), Renormalize: renormalize,
		Body: []*archpb.Step{
			named(linear("up.{expert}", 8, 6, true), "x", "u"),
			named(activation(archpb.Activation_FUNCTION_SILU), "u", "a"),
			linear("down.{expert}", 6, 8, false),
		},
	}}}
}

func inverses(n int, scale float64) *archpb.Frequencies {
	f := &archpb.Frequencies{}
	for i := range n {
		f.InvFreq = append(f.InvFreq, scale*math.Pow(100, -float64(i)/float64(n)))
	}
	return f
}

// stepCases are programs from "h", 8 wide, that between them use every step.
func stepCases() map[string][]*archpb.Step {
	cases := map[string][]*archpb.Step{
		"linear":                        {linear("w", 8, 5, true)},
		"RMS norm":                      {norm(&archpb.Norm{Module: module("n", false), Kind: archpb.Norm_KIND_RMS, Eps: 1e-5, Width: 8})},
		"RMS norm, offset":              {norm(&archpb.Norm{Module: module("n", false), Kind: archpb.Norm_KIND_RMS, Eps: 1e-6, Offset: 1, Width: 8})},
		"RMS norm of heads":             {norm(&archpb.Norm{Module: module("n", false), Kind: archpb.Norm_KIND_RMS, Eps: 1e-6, Width: 4})},
		"RMS norm, a weight a head":     {norm(&archpb.Norm{Module: module("n", false), Kind: archpb.Norm_KIND_RMS, Eps: 1e-6, Width: 4, Groups: 2, Offset: 0.5})},
		"layer norm, a weight a head":   {norm(&archpb.Norm{Module: module("n", true), Kind: archpb.Norm_KIND_LAYER, Eps: 1e-5, Width: 2, Groups: 4})},
		"norm, nothing learned":         {norm(&archpb.Norm{Kind: archpb.Norm_KIND_LAYER, Eps: 1e-5, Width: 8})},
		"layer norm":                    {norm(&archpb.Norm{Module: module("n", true), Kind: archpb.Norm_KIND_LAYER, Eps: 1e-5, Width: 8})},
		"rope":                          {rope(&archpb.Rope{Frequencies: inverses(2, 1), HeadDim: 4})},
		"rope, interleaved":             {rope(&archpb.Rope{Frequencies: inverses(2, 1), HeadDim: 4, Interleaved: true})},
		"rope, partial":                 {rope(&archpb.Rope{Frequencies: inverses(1, 1), HeadDim: 4})},
		"rope, partial and interleaved": {rope(&archpb.Rope{Frequencies: &archpb.Frequencies{InvFreq: []float64{0.7}, Magnitude: 1.3}, HeadDim: 4, Interleaved: true})},
		"rope, longer":                  {rope(&archpb.Rope{Frequencies: inverses(2, 1), HeadDim: 4, Longer: &archpb.Longer{Above: 6, Frequencies: inverses(2, 0.5)}})},
		"rope, dynamic":                 {rope(&archpb.Rope{Frequencies: inverses(4, 1), HeadDim: 8, DynamicNtk: &archpb.DynamicNTK{Theta: 100, Factor: 2, OriginalLength: 6}})},
		"attention":                     attention(&archpb.Attention{Heads: 2, KvHeads: 2, HeadDim: 4, Scale: 0.5}, 8),
		"attention, grouped":            attention(&archpb.Attention{Heads: 6, KvHeads: 2, HeadDim: 4, Scale: 0.5}, 8),
		"attention, window":             attention(&archpb.Attention{Heads: 2, KvHeads: 1, HeadDim: 4, Scale: 0.5, Window: 3}, 8),
		"attention, softcap":            attention(&archpb.Attention{Heads: 2, KvHeads: 1, HeadDim: 4, Scale: 2, Softcap: 1.5}, 8),
		"attention, alibi":              attention(&archpb.Attention{Heads: 2, KvHeads: 2, HeadDim: 4, Scale: 0.5, AlibiSlopes: []float64{0.5, 0.0625}}, 8),
		"softcap":                       {{Op: &archpb.Step_Softcap{Softcap: &archpb.Softcap{Cap: 0.8}}}},
		"scale":                         {{Op: &archpb.Step_Scale{Scale: &archpb.Scale{By: 1.7}}}},
		"split in groups": {
			named(&archpb.Step{Op: &archpb.Step_Split{Split: &archpb.Split{Sizes: []uint32{1, 1, 2}, Groups: 2}}}, "h", "a", "b", "c"),
			combination(archpb.Combine_KIND_MULTIPLY, "a", "b"),
			named(linear("w", 2, 4, false), "", "d"),
			combination(archpb.Combine_KIND_ADD, "d", "c"),
		},
		"split, normed apart and joined": {
			named(&archpb.Step{Op: &archpb.Step_Split{Split: &archpb.Split{Sizes: []uint32{4, 3, 1}}}}, "h", "a", "b", "c"),
			named(norm(&archpb.Norm{Module: module("n", true), Kind: archpb.Norm_KIND_LAYER, Eps: 1e-5, Width: 4}), "a", "d"),
			{In: []string{"c", "d", "b", "d"}, Op: &archpb.Step_Join{Join: &archpb.Join{}}},
			linear("w", 12, 5, false),
		},
		"multiply by one column": {
			named(linear("w", 8, 1, false), "h", "g"),
			combination(archpb.Combine_KIND_MULTIPLY, "g", "h"),
		},
		"add three":             {combination(archpb.Combine_KIND_ADD, "h", "h", "h")},
		"experts":               {experts(false, 2)},
		"experts, renormalised": {experts(true, 2)},
		"experts, one of them":  {experts(false, 1)},
	}
	for f := archpb.Activation_FUNCTION_SILU; f <= archpb.Activation_FUNCTION_TANH; f++ {
		cases[f.String()] = []*archpb.Step{activation(f)}
	}
	return cases
}

// TestStepsEqualFloat64 compares every step's value with the reference, to 1e-5 of
// the largest, and its gradients and S with finite differences, to 1e-4.
func TestStepsEqualFloat64(t *testing.T) {
	for name, steps := range stepCases() {
		t.Run(name, func(t *testing.T) {
			for _, backend := range testBackends(t) {
				t.Run(filepath.Base(backend), func(t *testing.T) { compareSteps(t, steps, backend) })
			}
		})
	}
}

func testBackends(t *testing.T) []string {
	if path := os.Getenv("NUGGET_PJRT"); path != "" {
		return []string{"go", "xla:" + path}
	}
	if os.Getenv("NUGGET_REQUIRE_XLA") != "" {
		t.Fatal("NUGGET_REQUIRE_XLA is set and NUGGET_PJRT is not: XLA is not tested")
	}
	return []string{"go"}
}

// bench is a program with random weights, inputs and output gradients of three seeds.
type bench struct {
	*run
	p       *program
	w       *weights
	in, dy  region
	x, grad [][]float32
}

func newBench(t *testing.T, steps []*archpb.Step, backend string) *bench {
	t.Helper()
	p, err := newProgram("test", steps, []port{{residual, 8}}, "")
	if err != nil {
		t.Fatal(err)
	}
	d, err := openBackend(Options{Backend: backend, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	b := &bench{run: &run{Engine: &Engine{dev: d}, meter: &meter{}, lengths: []int{5, 9, 3}, samples: make([]Sample, 3)}, p: p}
	if b.rotations, err = newRotations(context.Background(), nil, []*program{p}); err != nil {
		t.Fatal(err)
	}
	if b.scratch, err = newScratch(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.scratch.close() })
	b.run.batches = d.batches(b.lengths, sizing{least: 64})
	rng := rand.New(rand.NewPCG(1, 2))
	b.w = &weights{program: p, layer: arch.Outside}
	t.Cleanup(b.w.free)
	for _, q := range p.params {
		buffer, values, err := d.room(q)
		if err != nil {
			t.Fatal(err)
		}
		random(rng, values)
		if !d.shared {
			if buffer, err = upload(d, values, q.dims()...); err != nil {
				t.Fatal(err)
			}
		}
		b.w.buffers, b.w.values, b.w.s = append(b.w.buffers, buffer), append(b.w.values, values), append(b.w.s, make([]float32, q.size()))
	}
	b.in = b.scratch.region(b.lengths, 8)
	out := len(b.reference(0, b.weights64(), b.input64(rng)).run(steps)[0])
	b.dy = b.scratch.region(b.lengths, out)
	for seed := range b.lengths {
		g := make([]float32, b.lengths[seed]*out)
		random(rng, g)
		b.grad = append(b.grad, g)
		if err := b.in.write(seed, b.x[seed]); err != nil {
			t.Fatal(err)
		}
		if err := b.dy.write(seed, g); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func random(rng *rand.Rand, values []float32) {
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
}

// input64 makes the seeds' inputs and returns the first.
func (b *bench) input64(rng *rand.Rand) rows {
	for _, n := range b.lengths {
		x := make([]float32, n*8)
		random(rng, x)
		b.x = append(b.x, x)
	}
	return matrix64(b.x[0], 8)
}

func (b *bench) weights64() map[paramKey][]float64 {
	params := make(map[paramKey][]float64)
	for i, q := range b.p.params {
		for _, v := range b.w.values[i] {
			params[q.paramKey] = append(params[q.paramKey], float64(v))
		}
	}
	return params
}

func (b *bench) reference(_ int, params map[paramKey][]float64, x rows) *reference {
	return &reference{params: params, expert: -1, values: map[string]rows{residual: x}, last: x}
}

func matrix64(values []float32, width int) rows {
	out := zeros(len(values)/width, width)
	for i, v := range values {
		out[i/width][i%width] = float64(v)
	}
	return out
}

// compareSteps takes the way back with every linear map computed again, and with what it
// needs of them kept.
func compareSteps(t *testing.T, steps []*archpb.Step, backend string) {
	for _, keep := range []bool{false, true} {
		b := newBench(t, steps, backend)
		var k kept
		if keep {
			var err error
			if k.maps, err = b.dev.products(b.p, 0); err != nil {
				t.Fatal(err)
			}
			for _, i := range k.maps {
				k.y = append(k.y, b.scratch.region(b.lengths, b.p.matrices()[i].rows))
			}
		}
		b.compare(t, steps, k)
	}
}

func (b *bench) compare(t *testing.T, steps []*archpb.Step, k kept) {
	ctx := context.Background()
	out := b.scratch.region(b.lengths, b.dy.width)
	if err := b.forward(ctx, b.w, b.run.batches, []region{b.in}, out, k, "forward"); err != nil {
		t.Fatal(err)
	}
	dx := b.scratch.region(b.lengths, 8)
	if err := b.backward(ctx, b.w, b.run.batches, []region{b.in}, k, b.dy, []region{dx}, "backward"); err != nil {
		t.Fatal(err)
	}
	sums := make([][]float64, len(b.p.params))
	for i, q := range b.p.params {
		sums[i] = make([]float64, q.size())
	}
	for seed := range b.lengths {
		params, x := b.weights64(), matrix64(b.x[seed], 8)
		got := make([]float32, b.lengths[seed]*out.width)
		if err := out.read(seed, got); err != nil {
			t.Fatal(err)
		}
		near(t, "value", got, slices.Concat(b.reference(seed, params, x).run(steps)...), 1e-5)

		loss := func() float64 {
			sum := 0.0
			for i, v := range slices.Concat(b.reference(seed, params, x).run(steps)...) {
				sum += v * float64(b.grad[seed][i])
			}
			return sum
		}
		var want []float64
		for _, row := range x {
			for i := range row {
				want = append(want, slope(loss, &row[i]))
			}
		}
		got = make([]float32, b.lengths[seed]*8)
		if err := dx.read(seed, got); err != nil {
			t.Fatal(err)
		}
		near(t, "gradient of the input", got, want, 1e-4)
		for i, q := range b.p.params {
			w := params[q.paramKey]
			for j := range w {
				sums[i][j] += math.Abs(w[j] * slope(loss, &w[j]))
			}
		}
	}
	for i, q := range b.p.params {
		near(t, "S of "+q.module, b.w.s[i], sums[i], 1e-4)
	}
}

// slope is the derivative of f by *v, from central differences.
func slope(f func() float64, v *float64) float64 {
	const step = 1e-5
	old := *v
	*v = old + step
	up := f()
	*v = old - step
	down := f()
	*v = old
	return (up - down) / (2 * step)
}

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", what, len(got), len(want))
	}
	most := 1.0 // a bias that k has gets no gradient: what is left is rounding
	for _, v := range want {
		most = max(most, math.Abs(v))
	}
	for i := range want {
		if d := math.Abs(float64(got[i])-want[i]) / most; !(d <= tolerance) {
			t.Errorf("%s: entry %d is %v, want %v: off by %.1e of the largest", what, i, got[i], want[i], d)
			return
		}
	}
}

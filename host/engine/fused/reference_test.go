package fused

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// problem is a sum with its inputs as the kernel multiplies them, for the reference.
type problem struct {
	Sum
	before []float32
}

// shape is a problem's size; offset moves every slice off its alignment.
type shape struct {
	out, in int
	tokens  []int
	offset  int
	weights Type
}

func (s shape) String() string {
	return fmt.Sprintf("%dx%d tokens%v offset%d %s", s.out, s.in, s.tokens, s.offset, [...]string{"F32", "BF16", "F16"}[s.weights])
}

// newProblem fills a shape with what value gives.
func newProblem(s shape, value func() float32) *problem {
	floats := func(n int) []float32 {
		v := make([]float32, n+s.offset)[s.offset:]
		for i := range v {
			v[i] = value()
		}
		return v
	}
	p := &problem{Sum: Sum{Out: s.out, In: s.in, S: floats(s.out * s.in)}}
	for i, v := range p.S {
		p.S[i] = magnitude(v)
	}
	p.before = append([]float32(nil), p.S...)
	p.W = narrowed(floats(s.out*s.in), s.weights, s.offset)
	for i, tokens := range s.tokens {
		// Rows lie apart, and what lies between must not matter.
		seed := Seed{Tokens: tokens, DY: Rows{Stride: s.out + i}, X: Rows{Stride: s.in + 2*i}}
		seed.DY.Values, seed.X.Values = floats(tokens*seed.DY.Stride), floats(tokens*seed.X.Stride)
		p.Seeds = append(p.Seeds, seed)
	}
	return p
}

// narrowed is w in a type.
func narrowed(w []float32, t Type, offset int) Weights {
	data := make([]byte, len(w)*t.size()+offset)[offset:]
	for i, v := range w {
		switch u := math.Float32bits(v); t {
		case F32:
			copy(data[4*i:], []byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)})
		case BF16:
			copy(data[2*i:], []byte{byte(u >> 16), byte(u >> 24)})
		case F16:
			copy(data[2*i:], []byte{byte(u), byte(u>>8) & 0xbb}) // some float16, small enough
		}
	}
	return Weights{t, data}
}

// reference is S in float64, and for each entry how large the rounding errors of
// float32 may be at most: each of the products and sums rounds once.
func (p *problem) reference(k *Kernel) (want, bound []float64) {
	const unit = 1.0 / (1 << 24)
	want, bound = make([]float64, len(p.S)), make([]float64, len(p.S))
	for i, v := range p.before {
		want[i] = float64(v)
	}
	for _, s := range p.Seeds {
		for row := range p.Out {
			for col := range p.In {
				var sum, size float64
				for t := range s.Tokens {
					x := float64(k.operand(s.DY.row(t, row, 1)[0])) * float64(k.operand(s.X.row(t, col, 1)[0]))
					sum, size = sum+x, size+math.Abs(x)
				}
				if slices.ContainsFunc(s.Apart, func(r Row) bool { return r.Index == row }) {
					continue
				}
				at := row*p.In + col
				w := float64(p.W.at(at))
				want[at] += math.Abs(w * sum)
				bound[at] += math.Abs(w)*size*unit*float64(s.Tokens+4) + want[at]*unit
			}
		}
	}
	return want, bound
}

// compare runs the kernel and compares it with the reference.
func (p *problem) compare(t *testing.T, k *Kernel, workers int) {
	t.Helper()
	want, bound := p.reference(k)
	if err := NewAdder(k, workers).Add(context.Background(), []Sum{p.Sum}); err != nil {
		t.Fatal(err)
	}
	for i, v := range p.S {
		if d := math.Abs(float64(v) - want[i]); !(d <= bound[i]+math.SmallestNonzeroFloat32) {
			t.Fatalf("S[%d, %d] = %v, want %v: off by %.3g, %.3g allowed", i/p.In, i%p.In, v, want[i], d, bound[i])
		}
	}
}

// onEach runs a test on every kernel that the machine has.
func onEach(t *testing.T, test func(t *testing.T, k *Kernel)) {
	for _, bfloat16 := range []bool{false, true} {
		for _, k := range Kernels(bfloat16) {
			name := k.name
			if k.bfloat16 && !k.pairs {
				name += " rounding to bfloat16"
			}
			t.Run(name, func(t *testing.T) { test(t, k) })
		}
	}
}

func normal(seed uint64) func() float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() float32 { return float32(r.NormFloat64()) }
}

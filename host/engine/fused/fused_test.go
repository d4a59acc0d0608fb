package fused

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/neuralnuggets/nugget/formats/hint"
)

func TestEqualsAFloat64ReferenceOnOddShapes(t *testing.T) {
	sizes := []int{1, 7, 63, 65, 257}
	onEach(t, func(t *testing.T, k *Kernel) {
		for i, out := range sizes {
			for j, in := range sizes {
				s := shape{out, in, []int{sizes[(i+j)%5], sizes[(i+2*j)%5]}, (i + j) % 4, Type((i + j) % 3)}
				t.Run(s.String(), func(t *testing.T) {
					newProblem(s, normal(uint64(5*i+j))).compare(t, k, 2)
				})
			}
		}
	})
}

func TestEveryTypeOfWeightsUnaligned(t *testing.T) {
	onEach(t, func(t *testing.T, k *Kernel) {
		for weights := range types {
			for offset := range 4 {
				s := shape{37, 70, []int{33, 1, 18}, offset, weights}
				t.Run(s.String(), func(t *testing.T) { newProblem(s, normal(7)).compare(t, k, 1) })
			}
		}
	})
}

func TestDenormalsAreKeptByFloat32(t *testing.T) {
	for _, k := range Kernels(false) {
		t.Run(k.name, func(t *testing.T) {
			p := newProblem(shape{13, 33, []int{5}, 0, F32}, func() float32 { return 1 })
			clear(p.S)
			for i := range p.Seeds[0].DY.Values {
				p.Seeds[0].DY.Values[i] = math.SmallestNonzeroFloat32
			}
			if err := NewAdder(k, 1).Add(context.Background(), []Sum{p.Sum}); err != nil {
				t.Fatal(err)
			}
			for i, v := range p.S {
				if v != 5*math.SmallestNonzeroFloat32 {
					t.Fatalf("S[%d] = %v, want %v", i, v, 5*math.SmallestNonzeroFloat32)
				}
			}
		})
	}
}

// An infinity or a NaN in one place reaches what it is multiplied into, as float32
// arithmetic has it, and nothing else.
func TestInfinitiesAndNaNReachWhatTheyMustAndNothingElse(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	const out, in, row, col = 39, 71, 17, 66
	places := map[string]func(p *problem, v float32){
		"dY": func(p *problem, v float32) { p.Seeds[1].DY.row(3, row, 1)[0] = v },
		"x":  func(p *problem, v float32) { p.Seeds[1].X.row(3, col, 1)[0] = v },
		"W":  func(p *problem, v float32) { copy(p.W.Data[4*(row*in+col):], narrowed([]float32{v}, F32, 0).Data) },
		"S":  func(p *problem, v float32) { p.S[row*in+col] = v },
	}
	onEach(t, func(t *testing.T, k *Kernel) {
		for place, set := range places {
			for _, v := range []float32{inf, -inf, nan} {
				t.Run(fmt.Sprint(v, " in ", place), func(t *testing.T) {
					p := newProblem(shape{out, in, []int{4, 9, 2}, 1, F32}, func() float32 { return 1 })
					set(p, v)
					if err := NewAdder(k, 2).Add(context.Background(), []Sum{p.Sum}); err != nil {
						t.Fatal(err)
					}
					for i, got := range p.S {
						r, c := i/in, i%in
						hit := map[string]bool{"dY": r == row, "x": c == col, "W": r == row && c == col, "S": r == row && c == col}[place]
						switch {
						case !hit && got != 1+4+9+2:
							t.Fatalf("S[%d, %d] = %v, want 16", r, c, got)
						case hit && v != v && got == got:
							t.Fatalf("S[%d, %d] = %v, want NaN", r, c, got)
						case hit && v == v && got != magnitude(v) && !(place == "S" && got == v):
							t.Fatalf("S[%d, %d] = %v, want Inf", r, c, got)
						}
					}
				})
			}
		}
	})
}

func TestZeroTimesInfinityIsNaN(t *testing.T) {
	onEach(t, func(t *testing.T, k *Kernel) {
		p := newProblem(shape{8, 40, []int{3}, 0, F32}, func() float32 { return 1 })
		p.Seeds[0].DY.Values[0] = float32(math.Inf(-1))
		p.Seeds[0].X.Values[1] = 0
		if err := NewAdder(k, 1).Add(context.Background(), []Sum{p.Sum}); err != nil {
			t.Fatal(err)
		}
		if v := p.S[1]; v == v {
			t.Errorf("S = %v, want NaN", v)
		}
	})
}

func TestTheAbsIsTakenPerSeed(t *testing.T) {
	onEach(t, func(t *testing.T, k *Kernel) {
		p := newProblem(shape{9, 35, []int{1, 1}, 0, F32}, func() float32 { return 1 })
		for i := range p.Seeds[1].X.Values {
			p.Seeds[1].X.Values[i] = -1 // the gradients of the two cancel
		}
		if err := NewAdder(k, 1).Add(context.Background(), []Sum{p.Sum}); err != nil {
			t.Fatal(err)
		}
		for i, v := range p.S {
			if v != 3 {
				t.Fatalf("S[%d] = %v, want 1 + 1 + 1", i, v)
			}
		}
	})
}

func TestRowsThatAreWantedThemselvesAreNotAdded(t *testing.T) {
	onEach(t, func(t *testing.T, k *Kernel) {
		p := newProblem(shape{130, 67, []int{12, 0, 5}, 0, F32}, normal(3))
		for _, row := range []int{0, 5, 95, 96, 129} {
			for _, seed := range []int{0, 1, 2} {
				p.Seeds[seed].Apart = append(p.Seeds[seed].Apart, Row{row, slices.Repeat([]float32{7}, 67)})
			}
		}
		p.compare(t, k, 2)
		for _, s := range p.Seeds {
			for _, row := range s.Apart {
				for col, got := range row.Values {
					var want, size float64
					for token := range s.Tokens {
						x := float64(k.operand(s.DY.row(token, row.Index, 1)[0])) * float64(k.operand(s.X.row(token, col, 1)[0]))
						want, size = want+x, size+math.Abs(x)
					}
					if d := math.Abs(float64(got) - want); !(d <= size*float64(s.Tokens)/(1<<24)) {
						t.Fatalf("dW[%d, %d] = %v, want %v", row.Index, col, got, want)
					}
				}
			}
		}
	})
}

func TestEqualBytesForAnyNumberOfWorkersAndAnyGrouping(t *testing.T) {
	onEach(t, func(t *testing.T, k *Kernel) {
		shapes := []shape{{200, 130, []int{31, 64, 9}, 0, F32}, {48, 130, []int{31, 64, 9}, 0, BF16}, {130, 300, []int{5, 7, 200}, 0, F16}}
		var first [][]float32
		for _, workers := range []int{1, 2, 3, 16} {
			for _, apart := range []bool{false, true} {
				var sums []Sum
				for i, s := range shapes {
					sums = append(sums, newProblem(s, normal(uint64(i))).Sum)
				}
				for i := range sums[1].Seeds { // as q and k have
					sums[1].Seeds[i].X = sums[0].Seeds[i].X
				}
				a := NewAdder(k, workers)
				if apart { // seed after seed, matrix after matrix
					for i := range sums {
						for j := range sums[i].Seeds {
							one := sums[i]
							one.Seeds = one.Seeds[j : j+1]
							if err := a.Add(context.Background(), []Sum{one}); err != nil {
								t.Fatal(err)
							}
						}
					}
				} else if err := a.Add(context.Background(), sums); err != nil {
					t.Fatal(err)
				}
				for i := range sums {
					if len(first) <= i {
						first = append(first, sums[i].S)
					} else if !slices.Equal(first[i], sums[i].S) {
						t.Fatalf("%d workers, apart %v: matrix %d differs", workers, apart, i)
					}
				}
			}
		}
	})
}

// AVX2 and AVX-512 sum in the same order with the same rounding.
func TestVectorKernelsOfFloat32GiveEqualBytes(t *testing.T) {
	var first []float32
	for _, k := range Kernels(false) {
		if k.name == "portable" {
			continue
		}
		p := newProblem(shape{50, 90, []int{70, 3}, 0, F32}, normal(9))
		if err := NewAdder(k, 2).Add(context.Background(), []Sum{p.Sum}); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = p.S
		} else if !slices.Equal(first, p.S) {
			t.Errorf("%s differs", k.name)
		}
	}
}

func TestRoundsToBfloat16AsTheProcessorsDo(t *testing.T) {
	for _, x := range []struct{ in, want float32 }{
		{1, 1}, {1 + 1.0/256, 1}, {1 + 3.0/256, 1 + 4.0/256}, {1 + 1.0/256 + 1.0/(1<<20), 1 + 2.0/256}, // ties to even
		{math.MaxFloat32, float32(math.Inf(1))}, {float32(math.Inf(-1)), float32(math.Inf(-1))}, {-0.1, -0.10009765625},
	} {
		if got := math.Float32frombits(rounded(x.in) << 16); got != x.want {
			t.Errorf("%v rounds to %v, want %v", x.in, got, x.want)
		}
	}
	if v := math.Float32frombits(rounded(math.Float32frombits(0x7f800001)) << 16); v == v {
		t.Errorf("a NaN rounds to %v", v)
	}
}

func TestHalvesWiden(t *testing.T) {
	for bits, want := range map[uint16]float32{
		0x3c00: 1, 0xc000: -2, 0x0001: 1.0 / (1 << 24), 0x83ff: -1023.0 / (1 << 24), 0x7bff: 65504, 0x7c00: float32(math.Inf(1)),
	} {
		if got := fromHalf(bits); got != want {
			t.Errorf("%#04x is %v, want %v", bits, got, want)
		}
	}
	if v := fromHalf(0x7e00); v == v {
		t.Errorf("0x7e00 is %v, want NaN", v)
	}
}

func TestAKernelIsChosenByName(t *testing.T) {
	t.Setenv(Env, "portable")
	k, err := Choose(false)
	if err != nil || k.Name() != "portable" {
		t.Errorf("%v, %v", k, err)
	}
	t.Setenv(Env, "abacus")
	_, err = Choose(true)
	if err == nil || !strings.Contains(err.Error(), `NUGGET_KERNEL="abacus"`) || !strings.Contains(hint.Of(err), "portable") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}

func TestAnEndedContextEndsTheWork(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := newProblem(shape{8, 8, []int{3}, 0, F32}, normal(1))
	if err := NewAdder(Kernels(false)[0], 1).Add(ctx, []Sum{p.Sum}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestWhatThisMachineHas says which kernels the tests ran.
func TestWhatThisMachineHas(t *testing.T) {
	for _, bfloat16 := range []bool{false, true} {
		for _, k := range Kernels(bfloat16) {
			t.Logf("%s bfloat16=%v native=%v on %s", k.name, bfloat16, k.Native(), runtime.GOARCH)
		}
	}
}

func FuzzShapes(f *testing.F) {
	f.Add(uint16(7), uint16(65), uint16(3), uint16(40), uint8(1), uint8(0), uint64(1))
	f.Fuzz(func(t *testing.T, out, in, first, second uint16, offset, weights uint8, seed uint64) {
		s := shape{1 + int(out)%140, 1 + int(in)%140, []int{int(first) % 70, int(second) % 70}, int(offset) % 8, Type(weights) % types}
		for _, bfloat16 := range []bool{false, true} {
			for _, k := range Kernels(bfloat16) {
				newProblem(s, normal(seed)).compare(t, k, 1+int(seed%3))
			}
		}
	})
}

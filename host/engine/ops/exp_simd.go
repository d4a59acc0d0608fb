//go:build goexperiment.simd && amd64

package ops

import (
	"math"

	"simd/archsimd"
)

// expVector is portableExp with fused multiply-add.
func expVector(dst, x []float32) {
	x = x[:len(dst)]
	whole := len(dst) &^ (lanes - 1)
	expWhole(dst[:whole], x[:whole])
	if whole < len(dst) {
		var rest [lanes]float32
		copy(rest[:], x[whole:])
		expWhole(rest[:], rest[:])
		copy(dst[whole:], rest[:])
	}
	archsimd.ClearAVXUpperBits()
}

// expWhole is for a multiple of 8 entries. Min and Max return their argument where one is
// NaN: the order keeps it.
func expWhole(dst, x []float32) {
	lowest, highest := archsimd.BroadcastFloat32x8(expLowest), archsimd.BroadcastFloat32x8(expHighest)
	perLn2 := archsimd.BroadcastFloat32x8(log2E)
	hi, lo := archsimd.BroadcastFloat32x8(-ln2Hi), archsimd.BroadcastFloat32x8(-ln2Lo)
	one, bias := archsimd.BroadcastFloat32x8(1), archsimd.BroadcastInt32x8(127)
	p2, p3, p4 := archsimd.BroadcastFloat32x8(exp2), archsimd.BroadcastFloat32x8(exp3), archsimd.BroadcastFloat32x8(exp4)
	p5, p6, p7 := archsimd.BroadcastFloat32x8(exp5), archsimd.BroadcastFloat32x8(exp6), archsimd.BroadcastFloat32x8(exp7)
	for i := 0; i+lanes <= len(dst); i += lanes {
		v := highest.Min(lowest.Max(load(x, i)))
		n := v.Mul(perLn2).RoundToEven()
		g := n.MulAdd(lo, n.MulAdd(hi, v))
		p := p7.MulAdd(g, p6).MulAdd(g, p5).MulAdd(g, p4).MulAdd(g, p3).MulAdd(g, p2)
		p = p.MulAdd(g.Mul(g), g).Add(one)
		whole := n.ConvertToInt32()
		half := whole.ShiftAllRight(1)
		first := half.Add(bias).ShiftAllLeft(23).AsFloat32x8()
		second := whole.Sub(half).Add(bias).ShiftAllLeft(23).AsFloat32x8()
		p.Mul(first).Mul(second).StoreSlice(dst[i : i+lanes])
	}
}

// piece is how many exponentials are kept on the stack between two loops.
const piece = 256

// logistic is portableLogistic.
func logistic(dst, x []float32) {
	zero, one := archsimd.BroadcastFloat32x8(0), archsimd.BroadcastFloat32x8(1)
	var in, e [piece]float32
	for x = x[:len(dst)]; len(x) > 0; {
		n := min(len(x), piece)
		up := (n + lanes - 1) &^ (lanes - 1)
		copy(in[:], x[:n])
		for i := 0; i < up; i += lanes {
			v := load(in[:], i)
			zero.Sub(v).Min(v).StoreSlice(e[i : i+lanes])
		}
		expWhole(e[:up], e[:up])
		for i := 0; i < up; i += lanes {
			v := load(e[:], i)
			v.Merge(one, load(in[:], i).Less(zero)).Div(one.Add(v)).StoreSlice(e[i : i+lanes])
		}
		copy(dst, e[:n])
		dst, x = dst[n:], x[n:]
	}
	archsimd.ClearAVXUpperBits()
}

// tanh is portableTanh.
func tanh(dst, x []float32) {
	zero, one, minusTwo := archsimd.BroadcastFloat32x8(0), archsimd.BroadcastFloat32x8(1), archsimd.BroadcastFloat32x8(-2)
	small := archsimd.BroadcastFloat32x8(tanhSmall)
	t0, t1, t2 := archsimd.BroadcastFloat32x8(tanh0), archsimd.BroadcastFloat32x8(tanh1), archsimd.BroadcastFloat32x8(tanh2)
	t3, t4 := archsimd.BroadcastFloat32x8(tanh3), archsimd.BroadcastFloat32x8(tanh4)
	var in, e [piece]float32
	for x = x[:len(dst)]; len(x) > 0; {
		n := min(len(x), piece)
		up := (n + lanes - 1) &^ (lanes - 1)
		copy(in[:], x[:n])
		for i := 0; i < up; i += lanes {
			v := load(in[:], i)
			zero.Sub(v).Max(v).Mul(minusTwo).StoreSlice(e[i : i+lanes])
		}
		expWhole(e[:up], e[:up])
		for i := 0; i < up; i += lanes {
			v, t := load(in[:], i), load(e[:], i)
			large := one.Sub(t).Div(one.Add(t))
			large = zero.Sub(large).Merge(large, v.Less(zero))
			s := v.Mul(v)
			p := t4.MulAdd(s, t3).MulAdd(s, t2).MulAdd(s, t1).MulAdd(s, t0)
			p = p.MulAdd(v.Mul(s), v)
			p.Merge(large, zero.Sub(v).Max(v).Less(small)).StoreSlice(e[i : i+lanes])
		}
		copy(dst, e[:n])
		dst, x = dst[n:], x[n:]
	}
	archsimd.ClearAVXUpperBits()
}

// softmaxRow is portableSoftmax.
func softmaxRow(dst, x []float32) {
	x = x[:len(dst)]
	whole := len(dst) &^ (lanes - 1)
	// Past the end of the row lies -Inf, which adds nothing.
	var rest [lanes]float32
	for i := copy(rest[:], x[whole:]); i < lanes; i++ {
		rest[i] = float32(math.Inf(-1))
	}
	most := load(rest[:], 0)
	for i := 0; i < whole; i += lanes {
		most = most.Max(load(x, i))
	}
	var each [lanes]float32
	most.Store(&each)
	largest := each[0]
	for _, v := range each[1:] {
		if v > largest {
			largest = v
		}
	}
	sum := expBelow(dst[:whole], x[:whole], largest)
	tail := expBelow(rest[:], rest[:], largest)
	copy(dst[whole:], rest[:])
	scale := archsimd.BroadcastFloat32x8(1 / (sum + tail))
	for i := 0; i < whole; i += lanes {
		load(dst, i).Mul(scale).StoreSlice(dst[i : i+lanes])
	}
	archsimd.ClearAVXUpperBits()
	for i := whole; i < len(dst); i++ {
		dst[i] *= 1 / (sum + tail)
	}
}

// expBelow writes exp(x - most), no entry of x above most, 0 where it is denormal, and
// returns the sum.
func expBelow(dst, x []float32, most float32) float32 {
	top, lowest := archsimd.BroadcastFloat32x8(most), archsimd.BroadcastFloat32x8(expNormal)
	perLn2 := archsimd.BroadcastFloat32x8(log2E)
	hi, lo := archsimd.BroadcastFloat32x8(-ln2Hi), archsimd.BroadcastFloat32x8(-ln2Lo)
	zero, one, bias := archsimd.BroadcastFloat32x8(0), archsimd.BroadcastFloat32x8(1), archsimd.BroadcastInt32x8(127)
	p2, p3, p4 := archsimd.BroadcastFloat32x8(exp2), archsimd.BroadcastFloat32x8(exp3), archsimd.BroadcastFloat32x8(exp4)
	p5, p6, p7 := archsimd.BroadcastFloat32x8(exp5), archsimd.BroadcastFloat32x8(exp6), archsimd.BroadcastFloat32x8(exp7)
	sum := zero
	for i := 0; i+lanes <= len(dst); i += lanes {
		v := load(x, i).Sub(top)
		gone := v.Less(lowest)
		v = lowest.Max(v)
		n := v.Mul(perLn2).RoundToEven()
		g := n.MulAdd(lo, n.MulAdd(hi, v))
		p := p7.MulAdd(g, p6).MulAdd(g, p5).MulAdd(g, p4).MulAdd(g, p3).MulAdd(g, p2)
		p = p.MulAdd(g.Mul(g), g).Add(one)
		p = p.Mul(n.ConvertToInt32().Add(bias).ShiftAllLeft(23).AsFloat32x8())
		p = zero.Merge(p, gone)
		sum = sum.Add(p)
		p.StoreSlice(dst[i : i+lanes])
	}
	return totalOf(sum)
}

func totalOf(v archsimd.Float32x8) float32 {
	var each [lanes]float32
	v.Store(&each)
	return total(each)
}

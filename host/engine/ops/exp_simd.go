//go:build goexperiment.simd && amd64

package ops

import "simd/archsimd"

// expVector is portableExp with fused multiply-add.
func expVector(dst, x []float32) {
	x = x[:len(dst)]
	expWhole(eights(dst), eights(x))
	if whole := len(dst) &^ (lanes - 1); whole < len(dst) {
		var rest [1][lanes]float32
		copy(rest[0][:], x[whole:])
		expWhole(rest[:], rest[:])
		copy(dst[whole:], rest[0][:])
	}
	archsimd.ClearAVXUpperBits()
}

// expWhole is for whole vectors. Min and Max may lose NaN: Go's compiler swaps their
// operands, the second of which the processor returns then.
func expWhole(dst, x [][lanes]float32) {
	lowest, highest := repeated(expLowest), repeated(expHighest)
	perLn2, hi, lo := repeated(log2E), repeated(-ln2Hi), repeated(-ln2Lo)
	one, bias := repeated(1), archsimd.BroadcastInt32x8(127)
	p2, p3, p4, p5, p6, p7 := repeated(exp2), repeated(exp3), repeated(exp4), repeated(exp5), repeated(exp6), repeated(exp7)
	x = x[:len(dst)]
	for i := range dst {
		in := archsimd.LoadFloat32x8(&x[i])
		v := in.Max(lowest).Min(highest)
		n := v.Mul(perLn2).RoundToEven()
		g := n.MulAdd(lo, n.MulAdd(hi, v))
		p := p7.MulAdd(g, p6).MulAdd(g, p5).MulAdd(g, p4).MulAdd(g, p3).MulAdd(g, p2)
		p = p.MulAdd(g.Mul(g), g).Add(one)
		whole := n.ConvertToInt32()
		half := whole.ShiftAllRight(1)
		first := half.Add(bias).ShiftAllLeft(23).AsFloat32x8()
		second := whole.Sub(half).Add(bias).ShiftAllLeft(23).AsFloat32x8()
		in.Merge(p.Mul(first).Mul(second), in.IsNaN()).Store(&dst[i])
	}
}

// pieces is how many vectors of exponentials are kept on the stack between two loops.
const pieces = 32

// logistic is portableLogistic.
func logistic(dst, x []float32) {
	inPieces(dst, x, func(dst, x, e [][lanes]float32) {
		zero, one := repeated(0), repeated(1)
		x, e = x[:len(dst)], e[:len(dst)]
		for i := range x {
			v := archsimd.LoadFloat32x8(&x[i])
			zero.Sub(v).Min(v).Store(&e[i])
		}
		expWhole(e, e)
		for i := range dst {
			v := archsimd.LoadFloat32x8(&e[i])
			v.Merge(one, archsimd.LoadFloat32x8(&x[i]).Less(zero)).Div(one.Add(v)).Store(&dst[i])
		}
	})
}

// tanh is portableTanh.
func tanh(dst, x []float32) {
	inPieces(dst, x, func(dst, x, e [][lanes]float32) {
		zero, one, minusTwo, small := repeated(0), repeated(1), repeated(-2), repeated(tanhSmall)
		t0, t1, t2, t3, t4 := repeated(tanh0), repeated(tanh1), repeated(tanh2), repeated(tanh3), repeated(tanh4)
		x, e = x[:len(dst)], e[:len(dst)]
		for i := range x {
			v := archsimd.LoadFloat32x8(&x[i])
			zero.Sub(v).Max(v).Mul(minusTwo).Store(&e[i])
		}
		expWhole(e, e)
		for i := range dst {
			v, t := archsimd.LoadFloat32x8(&x[i]), archsimd.LoadFloat32x8(&e[i])
			large := one.Sub(t).Div(one.Add(t))
			large = zero.Sub(large).Merge(large, v.Less(zero))
			s := v.Mul(v)
			p := t4.MulAdd(s, t3).MulAdd(s, t2).MulAdd(s, t1).MulAdd(s, t0).MulAdd(v.Mul(s), v)
			p.Merge(large, zero.Sub(v).Max(v).Less(small)).Store(&dst[i])
		}
	})
}

// inPieces calls f for some vectors of x at a time, with room for as many results between.
// The last entries are copied to a vector of their own.
func inPieces(dst, x []float32, f func(dst, x, room [][lanes]float32)) {
	var room [pieces][lanes]float32
	x = x[:len(dst)]
	d, v := eights(dst), eights(x)
	for len(d) > 0 {
		n := min(len(d), pieces)
		f(d[:n], v[:n], room[:n])
		d, v = d[n:], v[n:]
	}
	if whole := len(dst) &^ (lanes - 1); whole < len(dst) {
		var rest [1][lanes]float32
		copy(rest[0][:], x[whole:])
		f(rest[:], rest[:], room[:1])
		copy(dst[whole:], rest[0][:])
	}
	archsimd.ClearAVXUpperBits()
}

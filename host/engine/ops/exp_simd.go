//go:build goexperiment.simd && amd64

package ops

import "simd/archsimd"

// expVector is portableExp with fused multiply-add.
func expVector(dst, x []float32) { byEights(dst, x, expEights) }

// expEights: Min and Max may lose NaN, because Go's compiler swaps their operands, of which
// the processor returns the second then.
func expEights(dst, x [][lanes]float32) {
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
	archsimd.ClearAVXUpperBits()
}

// logistic is portableLogistic.
func logistic(dst, x []float32) {
	byEights(dst, x, func(dst, x [][lanes]float32) { afterExp(dst, x, -1, logisticOf) })
}

// logisticOf is the logistic of x, where e = exp(-abs(x)).
func logisticOf(dst, x, e [][lanes]float32) {
	zero, one := repeated(0), repeated(1)
	x, e = x[:len(dst)], e[:len(dst)]
	for i := range dst {
		v := archsimd.LoadFloat32x8(&e[i])
		v.Merge(one, archsimd.LoadFloat32x8(&x[i]).Less(zero)).Div(one.Add(v)).Store(&dst[i])
	}
	archsimd.ClearAVXUpperBits()
}

// tanh is portableTanh.
func tanh(dst, x []float32) {
	byEights(dst, x, func(dst, x [][lanes]float32) { afterExp(dst, x, -2, tanhOf) })
}

// tanhOf is the hyperbolic tangent of x, where e = exp(-2 abs(x)).
func tanhOf(dst, x, e [][lanes]float32) {
	zero, one, small := repeated(0), repeated(1), repeated(tanhSmall)
	t0, t1, t2, t3, t4 := repeated(tanh0), repeated(tanh1), repeated(tanh2), repeated(tanh3), repeated(tanh4)
	x, e = x[:len(dst)], e[:len(dst)]
	for i := range dst {
		v, t := archsimd.LoadFloat32x8(&x[i]), archsimd.LoadFloat32x8(&e[i])
		large := one.Sub(t).Div(one.Add(t))
		large = zero.Sub(large).Merge(large, v.Less(zero))
		s := v.Mul(v)
		p := t4.MulAdd(s, t3).MulAdd(s, t2).MulAdd(s, t1).MulAdd(s, t0).MulAdd(v.Mul(s), v)
		p.Merge(large, zero.Sub(v).Max(v).Less(small)).Store(&dst[i])
	}
	archsimd.ClearAVXUpperBits()
}

// afterExp calls f with exp(abs(x) by), a piece of x at a time: dst may be x.
func afterExp(dst, x [][lanes]float32, by float32, f func(dst, x, e [][lanes]float32)) {
	var room [32][lanes]float32
	for len(dst) > 0 {
		n := min(len(dst), len(room))
		e := room[:n]
		sizes(e, x[:n], by)
		expEights(e, e)
		f(dst[:n], x[:n], e)
		dst, x = dst[n:], x[n:]
	}
}

// sizes are abs(x) by.
func sizes(dst, x [][lanes]float32, by float32) {
	zero, factor := repeated(0), repeated(by)
	x = x[:len(dst)]
	for i := range dst {
		v := archsimd.LoadFloat32x8(&x[i])
		zero.Sub(v).Max(v).Mul(factor).Store(&dst[i])
	}
	archsimd.ClearAVXUpperBits()
}

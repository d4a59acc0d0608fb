package ops

import "math"

// vectors are the inner loops. Where a function takes dst, its operands are as long, or
// begin where dst does; those of arithmetic may also be of length 1 and then count for
// every entry.
type vectors struct {
	add, sub, mul, div func(dst, a, b []float32)
	exp, logistic      func(dst, x []float32)
	tanh, erf          func(dst, x []float32)
	softmax            func(dst, x []float32) // of one row
	max, sum           func(x []float32) float32
	// turn writes 8 x 8 entries of src as columns of dst. Rows lie so many entries apart.
	turn func(dst []float32, dstStride int, src []float32, srcStride int)
}

// loops are the fastest that this build and processor have.
var loops = fastest()

// portable are loops in plain Go.
func portable() vectors {
	return vectors{
		add: portableAdd, sub: portableSub, mul: portableMul, div: portableDiv,
		exp: portableExp, logistic: portableLogistic, tanh: portableTanh, erf: portableErf,
		softmax: portableSoftmax, max: portableMax, sum: portableSum, turn: portableTurn,
	}
}

func portableAdd(dst, a, b []float32) {
	if len(a) == 1 {
		a, b = b, a
	}
	if len(b) == 1 {
		for i, v := range a[:len(dst)] {
			dst[i] = v + b[0]
		}
		return
	}
	b = b[:len(dst)]
	for i, v := range a[:len(dst)] {
		dst[i] = v + b[i]
	}
}

func portableMul(dst, a, b []float32) {
	if len(a) == 1 {
		a, b = b, a
	}
	if len(b) == 1 {
		c := b[0]
		for i := range dst {
			dst[i] = a[i] * c
		}
		return
	}
	b = b[:len(dst)]
	for i, v := range a[:len(dst)] {
		dst[i] = v * b[i]
	}
}

func portableSub(dst, a, b []float32) {
	switch {
	case len(b) == 1:
		c := b[0]
		for i := range dst {
			dst[i] = a[i] - c
		}
	case len(a) == 1:
		c := a[0]
		for i := range dst {
			dst[i] = c - b[i]
		}
	default:
		b = b[:len(dst)]
		for i, v := range a[:len(dst)] {
			dst[i] = v - b[i]
		}
	}
}

func portableDiv(dst, a, b []float32) {
	switch {
	case len(b) == 1:
		c := b[0]
		for i := range dst {
			dst[i] = a[i] / c
		}
	case len(a) == 1:
		c := a[0]
		for i := range dst {
			dst[i] = c / b[i]
		}
	default:
		b = b[:len(dst)]
		for i, v := range a[:len(dst)] {
			dst[i] = v / b[i]
		}
	}
}

// portableMax is NaN where an entry is.
func portableMax(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

// block is how many entries are added up before their sum meets others': an entry then
// takes part in block / 8 + n / block roundings, not in n.
const block = 512

// portableSum adds in 8 sums, as vectors do.
func portableSum(x []float32) float32 {
	var sum float32
	for ; len(x) > block; x = x[block:] {
		sum += portableBlock(x[:block])
	}
	return sum + portableBlock(x)
}

func portableBlock(x []float32) float32 {
	var s [8]float32
	for ; len(x) >= 8; x = x[8:] {
		for i, v := range x[:8] {
			s[i] += v
		}
	}
	for i, v := range x {
		s[i] += v
	}
	return total(s)
}

func total(s [8]float32) float32 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

func portableTurn(dst []float32, dstStride int, src []float32, srcStride int) {
	for i := range 8 {
		for j, v := range src[i*srcStride:][:8] {
			dst[j*dstStride+i] = v
		}
	}
}

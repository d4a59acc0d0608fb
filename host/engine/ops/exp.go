package ops

import "math"

// exp(x) = 2^n exp(g), n the whole number next to x / ln 2: Cephes' expf (S. L. Moshier),
// which is right to 1 ulp. 2^n is multiplied in two halves, so that results may overflow
// and be denormal.
const (
	log2E = 1.44269504088896341
	ln2Hi = 0.693359375 // few bits: n * ln2Hi is exact
	ln2Lo = -2.12194440e-4
	// Between these exp is neither 0 nor infinite.
	expLowest, expHighest = -104, 89
	// Below this an exponential is denormal. A softmax takes 0 there: it has a sum of 1.
	expNormal = -87

	exp2 = 5.0000001201e-1
	exp3 = 1.6666665459e-1
	exp4 = 4.1665795894e-2
	exp5 = 8.3334519073e-3
	exp6 = 1.3981999507e-3
	exp7 = 1.9875691500e-4
)

// tanh(x) = x + x^3 P(x^2) below tanhSmall, Cephes' tanhf; from there on it is
// (1 - e) / (1 + e), e = exp(-2x).
const (
	tanhSmall = 0.625

	tanh0 = -3.33332819422e-1
	tanh1 = 1.33314422036e-1
	tanh2 = -5.37397155531e-2
	tanh3 = 2.06390887954e-2
	tanh4 = -5.70498872745e-3
)

func portableExp(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		dst[i] = exp(v)
	}
}

func exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x < expLowest:
		return 0
	case x > expHighest:
		return float32(math.Inf(1))
	}
	n := float32(math.RoundToEven(float64(x * log2E)))
	g := x - n*ln2Hi - n*ln2Lo
	p := (((((exp7*g+exp6)*g+exp5)*g+exp4)*g+exp3)*g+exp2)*(g*g) + g + 1
	half := int32(n) >> 1
	return p * power(half) * power(int32(n)-half)
}

// power is 2^n.
func power(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

func portableLogistic(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		e := exp(-max(v, -v))
		if v < 0 {
			dst[i] = e / (1 + e)
		} else {
			dst[i] = 1 / (1 + e)
		}
	}
}

func portableTanh(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		size := max(v, -v)
		if size < tanhSmall {
			s := v * v
			dst[i] = v + v*s*((((tanh4*s+tanh3)*s+tanh2)*s+tanh1)*s+tanh0)
			continue
		}
		e := exp(-2 * size)
		dst[i] = float32(math.Copysign(float64((1-e)/(1+e)), float64(v)))
	}
}

func portableSoftmax(dst, x []float32) {
	var most = float32(math.Inf(-1))
	for _, v := range x {
		if v > most {
			most = v
		}
	}
	for i, v := range x[:len(dst)] {
		if v -= most; v < expNormal {
			dst[i] = 0
		} else {
			dst[i] = exp(v)
		}
	}
	portableMul(dst, dst, []float32{1 / portableSum(dst)})
}

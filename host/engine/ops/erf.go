package ops

// erf(x) = x (P(x^2) / Q(x^2)) within erfOne, from where on it is 1: the rational minimax
// approximation of Eigen and XLA.
const (
	erfOne = 4

	erfP0, erfP1, erfP2, erfP3 = -1.60960333262415e-02, -2.95459980854025e-03, -7.34990630326855e-04, -5.69250639462346e-05
	erfP4, erfP5, erfP6        = -2.10102402082508e-06, 2.77068142495902e-08, -2.72614225801306e-10
	erfQ0, erfQ1, erfQ2        = -1.42647390514189e-02, -7.37332916720468e-03, -1.68282697438203e-03
	erfQ3, erfQ4               = -2.13374055278905e-04, -1.45660718464996e-05
)

func portableErf(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		v = min(max(v, -erfOne), erfOne)
		s := v * v
		p := ((((((erfP6*s+erfP5)*s+erfP4)*s+erfP3)*s+erfP2)*s+erfP1)*s + erfP0)
		q := (((erfQ4*s+erfQ3)*s+erfQ2)*s+erfQ1)*s + erfQ0
		dst[i] = min(max(v*(p/q), -1), 1)
	}
}

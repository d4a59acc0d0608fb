// Package ops executes operations other than products for GoMLX's pure Go backend, whose
// own executors (github.com/gomlx/compute v0.1.4) go entry by entry: an iterator finds the
// place of each in a transpose, a reduction, a slice or an operation that repeats an
// operand, 2 to 10 ns an entry, and Logistic, Exp, Tanh and Erf go through float64, 18 ns.
// Here such operations go run by run, and what happens in a run is vector code: 0.1 to
// 3 ns an entry with AVX2 in a build with GOEXPERIMENT=simd, plain Go elsewhere.
//
// It knows float32, and of other types what masks are made of; transposes of any axes,
// operands repeated along any axes, reductions along axes side by side, softmax along the
// last axis, slices without strides and padding with zeros. All else is GoMLX's.
//
// What holds: arithmetic is float32's, exp is right to 1 ulp with results that overflow or
// are denormal, logistic and tanh to 3, erf to 6; a softmax gives 0 below exp(-87); NaN
// and infinities come through. Sums are made in an order that depends on the shape alone, so
// equal input gives equal bytes for any number of workers.
package ops

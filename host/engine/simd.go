//go:build !amd64 || goexperiment.simd

package engine

// slowProducts reports whether the pure Go backend was built without vector
// instructions that it could have.
const slowProducts = false

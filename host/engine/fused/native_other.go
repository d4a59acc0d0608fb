//go:build !amd64

package fused

// native lists the kernels in assembly: none for this processor yet.
func native() []*Kernel { return nil }

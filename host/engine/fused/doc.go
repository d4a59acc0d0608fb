// Package fused adds a seed's sensitivity to a layer's without ever writing down the
// gradient: S += abs(W * dW), dW = dY^T X, the sum over the seed's tokens of the
// outer products of a linear map's output gradient and its input ("Seeking Neural
// Nuggets", arXiv 2310.11451, section 3.1).
//
// A tile of dW is summed in registers, multiplied with W, which is read as it lies in
// F32, BF16 or F16, made absolute and added to S. All seeds of a call go through a
// block of W and S while it is in the cache, so that a call reads W and writes S
// once. The abs is per seed, exactly.
//
// What holds: sums are float32, over the tokens in their order. Equal input gives
// equal bytes for any number of workers. Infinities and NaN come through as float32
// arithmetic has them; float32 kernels keep denormals, those of bfloat16 may flush
// them, as the processor's instructions do.
//
// It is not a matrix product for general use: dW is not to be had.
package fused

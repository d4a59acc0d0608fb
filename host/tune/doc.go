// Package tune fine-tunes a student with a LoRA adapter: only the factors A and B
// learn, in float32, from samples whose labels count.
//
// It does what PEFT with the Trainer of transformers does with the same settings,
// without dropout: the loss is the mean cross entropy over all tokens that count of a
// step's samples, gradients are clipped as torch's clip_grad_norm_ does, AdamW and the
// schedules are torch's and transformers'. The order of the samples is its own
// (order.go).
//
// What holds: equal input gives equal bytes; on the pure Go backend for any number of
// workers. A checkpoint is a complete adapter with the optimizer's state, and gets its
// name when it is whole. A run that was killed at any moment and goes on from its last
// checkpoint ends with the bytes that it would have ended with undisturbed.
//
// It trains no whole weights, no biases and no norms, on one machine, without packing.
package tune

// Package engine runs a described model on GoMLX, forward and backward, a layer at a
// time: it never holds the model.
//
// It gives logits, losses, and the sensitivity of every learned tensor: the sum over
// the samples of abs(W * dL/dW), elementwise, where L is a sample's mean cross
// entropy over the tokens that count ("Seeking Neural Nuggets", arXiv 2310.11451,
// section 3.1). Arithmetic is float32; with Options.BFloat16 what S is formed from is
// rounded to bfloat16 first.
//
// What holds: its memory is that of one layer's weights and their sensitivity (or of
// the embeddings', where they are larger), and of the samples at work, whatever the
// number of layers; between layers, activations lie in an unlinked temporary file.
// Equal input gives equal bytes on every run, on the pure Go backend also for any
// number of workers. It knows no family: what it runs is the description's steps.
//
// It is not for training, and not for generation: nothing is cached from token to
// token.
package engine

package transfer

// What the ablations of the paper (section 4.3) can be told to do. The first of each
// is the paper's method.
const (
	Plain = "plain" // one adapter whose product is zero
	Paper = "paper" // init and its negative

	Sensitivity = "sensitivity" // the layers with the highest scores
	First       = "first"       // the first layers
	Last        = "last"        // the last ones
	Random      = "random"      // layers, or a window, at random

	Submatrix   = "submatrix"    // the contiguous block with the largest sum
	RowsColumns = "rows-columns" // the rows and the columns with the highest means
	Neurons     = "neurons"      // the single weights with the highest sensitivity

	All        = "all"
	Attention  = "attention"
	FFN        = "ffn"
	Embeddings = "embeddings"
)

package peft

// Adapter is a LoRA adapter as PEFT keeps it: one rank, alpha equal to it.
type Adapter struct {
	BaseModel string // base_model_name_or_path
	Rank      int
	// FanInFanOut says that the base's linear maps are Conv1D (GPT-2).
	FanInFanOut bool
	Modules     []Module // sorted by path
}

// Module is the pair of factors of one module; the weight changes by B A (alpha is
// the rank, so PEFT's scaling is 1). A linear map [out, in]: A [r, in], B [out, r].
// An embedding [rows, width]: A [r, rows], B [width, r], and the weight changes by
// (B A)^T.
type Module struct {
	Path      string // "model.layers.0.mlp.up_proj"
	Embedding bool
	Out, In   int // of B A: for an embedding Out is width and In is rows
	A, B      []float32
}

// Write writes adapter_config.json and adapter_model.safetensors into dir, which
// exists. Equal input, equal bytes.
func Write(dir string, a *Adapter) error { panic("stub") }

// Read reads an adapter that PEFT (0.6 or later) or this package wrote.
func Read(dir string) (*Adapter, error) { panic("stub") }

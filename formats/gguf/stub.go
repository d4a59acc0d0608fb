package gguf

// Tensor is one tensor's header. Shape is row-major, outermost axis first: the
// reverse of the order in the file.
type Tensor struct {
	Name  string
	DType string // "F32", "F16", "BF16", "Q4_1", ...
	Shape []int
}

// File is an open file: its metadata and tensor headers in memory.
type File struct{}

// Open reads and checks everything but the tensor data.
func Open(path string) (*File, error) { panic("stub") }

// Close closes the file.
func (f *File) Close() error { panic("stub") }

// Path is the file's path as Open got it.
func (f *File) Path() string { panic("stub") }

// Keys lists the metadata's keys in the file's order.
func (f *File) Keys() []string { panic("stub") }

// Metadata maps keys to values: string, bool, int8 ... uint64, float32, float64, or
// a slice of one of these ([]string, []float32, []int32, ...; nested arrays []any).
// It is what tokenizer.FromGGUF takes. The caller must not change it.
func (f *File) Metadata() map[string]any { panic("stub") }

// Tensors lists the headers, sorted by name.
func (f *File) Tensors() []Tensor { panic("stub") }

// ReadFloat32 decodes len(dst) entries of a tensor, from entry first on in
// row-major order; both may lie anywhere in a quantised block. It is safe for
// concurrent use.
func (f *File) ReadFloat32(name string, first int, dst []float32) error { panic("stub") }

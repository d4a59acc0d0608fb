package safetensors

import "io"

// Tensor is one tensor's header. Shape is row-major, outermost axis first.
type Tensor struct {
	Name  string
	DType string // as the file spells it: "F32", "BF16", "I64", ...
	Shape []int
}

// File is an open file: its header in memory, its tensors on disk.
type File struct{}

// Open reads and checks the header of the file at path. It touches no tensor data.
func Open(path string) (*File, error) { panic("stub") }

// Close closes the file.
func (f *File) Close() error { panic("stub") }

// Path is the file's path as Open got it.
func (f *File) Path() string { panic("stub") }

// Tensors lists the headers, sorted by name.
func (f *File) Tensors() []Tensor { panic("stub") }

// Metadata is the header's __metadata__; nil: none.
func (f *File) Metadata() map[string]string { panic("stub") }

// ReadFloat32 decodes len(dst) entries of a float tensor, from entry first on in
// row-major order. It is safe for concurrent use.
func (f *File) ReadFloat32(name string, first int, dst []float32) error { panic("stub") }

// Data is a tensor to be written: F32, its values row-major.
type Data struct {
	Name   string
	Shape  []int
	Values []float32
}

// Write writes tensors, sorted by name, and metadata (keys sorted) as one file
// that the Python package reads. Equal input, equal bytes.
func Write(w io.Writer, tensors []Data, metadata map[string]string) error { panic("stub") }

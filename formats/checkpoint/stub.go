package checkpoint

import (
	"context"

	"github.com/neuralnuggets/nugget/formats/chat"
	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// Format is how a checkpoint lies on disk.
type Format int

// The formats.
const (
	HuggingFace Format = iota + 1 // a folder with config.json and safetensors
	GGUF                          // one .gguf file
)

// Tensor is one tensor's header. Shape is row-major, outermost axis first.
type Tensor struct {
	Name  string
	DType string
	Shape []int
}

// Checkpoint is an open model. Its methods are safe for concurrent use.
type Checkpoint struct{}

// Open opens a HuggingFace folder, a .gguf file, or a hub id ("org/name") that is
// in the local HuggingFace cache. Nothing is downloaded.
func Open(model string) (*Checkpoint, error) { panic("stub") }

// Close closes the files.
func (c *Checkpoint) Close() error { panic("stub") }

// Path is the folder or file, a hub id resolved to its snapshot folder.
func (c *Checkpoint) Path() string { panic("stub") }

// Format says which kind it is.
func (c *Checkpoint) Format() Format { panic("stub") }

// ModelType is config.json's model_type, or the GGUF's general.architecture.
func (c *Checkpoint) ModelType() string { panic("stub") }

// Config is config.json as it lies on disk, or the GGUF's metadata as one JSON
// object, keys in the file's order, with an array of more than 1,024 elements
// replaced by {"length": n} (plugins/arch/arch.proto, DescribeRequest.config).
func (c *Checkpoint) Config() []byte { panic("stub") }

// Files lists the paths of the files that hold config and weights, sorted: what a
// fingerprint is taken of.
func (c *Checkpoint) Files() []string { panic("stub") }

// Tensors lists every tensor's header over all shards, sorted by name.
func (c *Checkpoint) Tensors() []Tensor { panic("stub") }

// Lookup returns one header.
func (c *Checkpoint) Lookup(name string) (Tensor, bool) { panic("stub") }

// File is the path of the file that holds a tensor, for messages.
func (c *Checkpoint) File(name string) string { panic("stub") }

// ReadFloat32 decodes a whole tensor, row-major as it lies on disk. dst has exactly
// its number of entries.
func (c *Checkpoint) ReadFloat32(ctx context.Context, name string, dst []float32) error {
	panic("stub")
}

// ReadFloat32Rows decodes n entries of the outermost axis from first on.
func (c *Checkpoint) ReadFloat32Rows(ctx context.Context, name string, first, n int, dst []float32) error {
	panic("stub")
}

// Tokenizer returns the checkpoint's tokenizer, loaded once. A checkpoint without
// one gets an error that names the missing file, with a hint.
func (c *Checkpoint) Tokenizer() (*tokenizer.Tokenizer, error) { panic("stub") }

// ChatTemplate returns the checkpoint's chat template: chat_template.jinja, else
// tokenizer_config.json's (a list: the one named "default"), else the GGUF's.
func (c *Checkpoint) ChatTemplate() (*chat.Template, error) { panic("stub") }

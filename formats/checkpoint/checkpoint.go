// Package checkpoint is the one way to a model on disk: its configuration, its
// tensors, its tokenizer and its chat template, whether it lies in a HuggingFace
// folder or in a GGUF file.
//
// It takes what transformers (5.24) would take, and nothing else that lies beside
// it: config.json; model.safetensors, else the shards that
// model.safetensors.index.json names; tokenizer.json with the special tokens of
// tokenizer_config.json or special_tokens_map.json; the chat template.
//
// Of a sharded model every tensor that a named shard holds is taken, whether the
// index names it or not; one that two shards hold is taken from the shard whose
// name sorts last. So does transformers. A tensor that the index names and no shard
// holds is an error here, where transformers makes one up.
//
// Open reads headers only. It checks the files, not whether they make a model: that
// is between the architecture's plugin and the host.
package checkpoint

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/neuralnuggets/nugget/formats/tokenizer"
)

// Format is how a checkpoint lies on disk.
type Format int

// The formats.
const (
	HuggingFace Format = iota + 1 // a folder with config.json and safetensors
	GGUF                          // a .gguf file, or the parts of a split one
)

func (f Format) String() string {
	switch f {
	case HuggingFace:
		return "HuggingFace"
	case GGUF:
		return "GGUF"
	}
	return "unknown"
}

// Tensor is one tensor's header. Shape is row-major, outermost axis first.
type Tensor struct {
	Name  string
	DType string
	Shape []int
}

// Checkpoint is an open model. Its methods are safe for concurrent use.
type Checkpoint struct {
	path      string
	format    Format
	modelType string
	config    []byte
	files     []string
	sources   []source
	tensors   []Tensor
	held      map[string]holding
	metadata  map[string]any // a GGUF file's
	tokenizer func() (*tokenizer.Tokenizer, error)
}

// source is a file of tensors.
type source interface {
	Path() string
	ReadFloat32(name string, first int, dst []float32) error
	Foresee(name string)
	Waited() time.Duration
	Close() error
}

// holding is a tensor and the file that holds it.
type holding struct {
	tensor Tensor
	source source
}

// Open opens a HuggingFace folder, a .gguf file, or a hub id ("org/name") that is
// in the local HuggingFace cache. Nothing is downloaded. Of a split GGUF model
// (NAME-00001-of-00003.gguf) the first part is named, and the others lie beside it. A
// folder without config.json that has exactly one .gguf file, or one model's parts, is
// opened as that file.
func Open(model string) (*Checkpoint, error) {
	where, err := locate(model)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{path: where.path, format: where.format, held: map[string]holding{}}
	if c.format == GGUF {
		err = c.openGGUF()
	} else {
		err = c.openFolder()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	for _, h := range c.held {
		c.tensors = append(c.tensors, h.tensor)
	}
	slices.SortFunc(c.tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(c.files)
	c.tokenizer = sync.OnceValues(c.loadTokenizer)
	return c, nil
}

// hold takes in a file's tensor. One that another file held is this one's now.
func (c *Checkpoint) hold(s source, t Tensor) { c.held[t.Name] = holding{t, s} }

// Close closes the files.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, s := range c.sources {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Path is the folder or file (of a split GGUF model the first part), a hub id resolved to
// its snapshot folder.
func (c *Checkpoint) Path() string { return c.path }

// Format says which kind it is.
func (c *Checkpoint) Format() Format { return c.format }

// ModelType is config.json's model_type, or the GGUF's general.architecture.
func (c *Checkpoint) ModelType() string { return c.modelType }

// Config is config.json as it lies on disk, or the GGUF's metadata as one JSON
// object, keys in the file's order, with an array of more than 1,024 elements
// replaced by {"length": n} (plugins/arch/arch.proto, DescribeRequest.config).
// NaN and infinities, which Python writes into JSON and GGUF may hold, are null.
// The caller must not change it.
func (c *Checkpoint) Config() []byte { return c.config }

// Files lists the paths of the files that hold config and weights, sorted: what a
// fingerprint is taken of.
func (c *Checkpoint) Files() []string { return slices.Clone(c.files) }

// Tensors lists every tensor's header over all shards, sorted by name.
func (c *Checkpoint) Tensors() []Tensor { return slices.Clone(c.tensors) }

// Lookup returns one header.
func (c *Checkpoint) Lookup(name string) (Tensor, bool) {
	h, ok := c.held[name]
	return h.tensor, ok
}

// File is the path of the file that holds a tensor, for messages; without such a
// tensor the checkpoint's.
func (c *Checkpoint) File(name string) string {
	if h, ok := c.held[name]; ok {
		return h.source.Path()
	}
	return c.path
}

// Tokenizer returns the checkpoint's tokenizer, loaded once. A checkpoint without
// one gets an error that names the missing file, with a hint.
func (c *Checkpoint) Tokenizer() (*tokenizer.Tokenizer, error) { return c.tokenizer() }

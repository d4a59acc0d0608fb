package engine

import (
	"context"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Sample is a sequence of tokens and, for each, the label: the token itself where
// it counts, else seeds.Ignored.
type Sample = seeds.Sample

// Options says how a model is run.
type Options struct {
	// Backend is "go", "xla", "xla:/path/to/plugin.so", "xla:cuda", or "" for
	// GOMLX_BACKEND's or else the best that is there.
	Backend string
	// Workers bounds the seeds that run at once on the pure Go backend. 0: the cores.
	Workers int
	// Scratch is the folder of the scratch file. "": the system's.
	Scratch string
	// Delta, when not nil, adds an adapter's part to a module's canonical weight
	// just read. It must be safe for concurrent use.
	Delta func(m *arch.Module, weight []float32) error
	// Progress is told of every finished piece of work; nil: nobody is.
	Progress func(Progress)
}

// Progress is one finished piece of work: a seed through a layer.
type Progress struct {
	Phase  string // "forward", "head", "backward"
	Layer  int    // or arch.Outside
	Layers int
	Seed   int
	Seeds  int
}

// Tensor is a learned tensor with its sensitivity, both in the canonical layout.
// W and S are lent: they are overwritten after the visit.
type Tensor struct {
	Module *arch.Module
	Bias   bool   // the module's bias, not its weight
	Name   string // the checkpoint's tensor
	Shape  []int  // canonical
	W, S   []float32
}

// Group is the tensors of one layer, or of one part Outside the layers.
type Group struct {
	Layer   int
	Tensors []Tensor
}

// Engine runs one model. Its methods may not be called concurrently.
type Engine struct {
	ck        *checkpoint.Checkpoint
	arch      *arch.Architecture
	opts      Options
	dev       *device
	lookups   []lookup
	last      *head
	rotations *rotations
	whole     map[*arch.Module][]float32
}

func (e *Engine) progress(phase string, layer, seed int) {}

func (e *Engine) readTensor(ctx context.Context, t arch.Tensor, dst []float32) error { panic("stub") }


// New prepares to run a described checkpoint; both must outlive the engine.
func New(ctx context.Context, ck *checkpoint.Checkpoint, a *arch.Architecture, opts Options) (*Engine, error) {
	panic("stub")
}

// Backend names the backend in use, for people.
func (e *Engine) Backend() string { panic("stub") }

// Close gives everything back.
func (e *Engine) Close() error { panic("stub") }

// Losses is the mean cross entropy of each sample over its tokens that count.
func (e *Engine) Losses(ctx context.Context, samples []Sample) ([]float64, error) { panic("stub") }

// Logits calls visit for each sample in order with its logits [T, vocab].
func (e *Engine) Logits(ctx context.Context, samples []Sample, visit func(sample int, logits []float32) error) error {
	panic("stub")
}

// Sensitivity returns the losses and calls visit for each group as soon as its S is
// complete: layers from the last to the first, each once; the parts outside the
// layers before, after, or both. A weight that embedding and unembedding share is
// in one group, under the embedding's module.
func (e *Engine) Sensitivity(ctx context.Context, samples []Sample, visit func(Group) error) ([]float64, error) {
	panic("stub")
}

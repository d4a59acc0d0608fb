package engine

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/timing"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Sample is a sequence of tokens and, for each, the label: the token itself where
// it counts, else seeds.Ignored.
type Sample = seeds.Sample

// Options says how a model is run.
type Options struct {
	// Backend is "go", "xla", "xla:/path/to/plugin.so", "xla:cuda", "auto" for the
	// best that is there, or "" for GOMLX_BACKEND's or else "auto".
	Backend string
	// BFloat16 rounds the inputs and output gradients of the linear maps to bfloat16
	// where the sensitivity is formed from them; sums stay float32. The model itself is
	// run in float32 all the same, so losses are those of float32.
	BFloat16 bool
	// Workers bounds the seeds that run at once on the pure Go backend. 0: the cores.
	Workers int
	// Activations is how many bytes of linear maps' outputs of the way forward are kept in
	// the scratch file, those of the last layers, so that the way back need not multiply
	// again; only of maps with so many inputs that this takes longer than writing. Results may differ by rounding with it. 0: none are kept.
	Activations int64
	// Scratch is the folder of the scratch file. "": the system's.
	Scratch string
	// Delta, when not nil, adds an adapter's part to a module's canonical weight
	// just read. It must be safe for concurrent use.
	Delta func(m *arch.Module, weight []float32) error
	// Clock adds up where the time goes; nil: nobody asks.
	Clock *timing.Clock
	// Progress is told of every finished piece of work, one at a time; nil: nobody is.
	Progress func(Progress)
	// Warn is told, a line at a time, what makes a run slower than it need be; nil:
	// nobody is.
	Warn func(line string)
}

// Progress is one finished piece of work: a seed through a layer.
type Progress struct {
	Phase  string // "forward", "head", "backward"
	Layer  int    // or arch.Outside
	Layers int
	Seed   int
	Seeds  int
	Share  float64 // of the whole run's arithmetic done so far, 0 to 1
	// Skipped is the part of Share that an earlier run did.
	Skipped float64
	Tokens  int // of all seeds
}

// Tensor is a learned tensor with its sensitivity, both in the canonical layout.
// S is lent: it is overwritten after the visit.
type Tensor struct {
	Module *arch.Module
	Bias   bool   // the module's bias, not its weight
	Name   string // the checkpoint's tensor
	Shape  []int  // canonical
	S      []float32
	// W gives the tensor itself, lent like S. An embedding's is read when it is asked for.
	W func() ([]float32, error)
}

// Group is the tensors of one layer, or of one part Outside the layers.
type Group struct {
	Layer   int
	Tensors []Tensor
	// Gradient fills dst, as long as a sample's tokens times the hidden width, with the
	// gradient of the layer's input, for who wants to go on from here later: see Point.
	// nil outside the layers, and after the visit.
	Gradient func(sample int, dst []float32) error
}

// Engine runs one model. Its methods may not be called concurrently.
type Engine struct {
	ck   *checkpoint.Checkpoint
	arch *arch.Architecture
	opts Options
	dev  *device

	lookups   []lookup
	prologue  *program // what follows the lookups
	blocks    []*program
	last      *head
	rotations *rotations

	loads atomic.Int64 // nanoseconds spent on loading in this run, added up over all who load

	adapter *adapter // nil: none
	// keepFrom is worthKeeping, but in tests; keepable is what worth has found out.
	keepFrom int
	keepable map[*program][]int
	held     *holding // nil: nothing is
	// foreseen is the longest sample to come, and the most rows of one in the head.
	foreseen struct{ tokens, rows int }
}

// New prepares to run a described checkpoint; both must outlive the engine. It
// reads no weights but the divisors of RoPE frequencies.
func New(ctx context.Context, ck *checkpoint.Checkpoint, a *arch.Architecture, opts Options) (*Engine, error) {
	e := &Engine{ck: ck, arch: a, opts: opts, keepFrom: worthKeeping, keepable: make(map[*program][]int)}
	if err := e.program(); err != nil {
		return nil, fmt.Errorf("%s: %w", ck.Path(), err)
	}
	var err error
	programs := append([]*program{e.prologue, e.last.before}, e.blocks...)
	if e.rotations, err = newRotations(ctx, ck, programs); err != nil {
		return nil, err
	}
	if e.dev, err = openBackend(opts); err != nil {
		return nil, err
	}
	return e, nil
}

// program cuts the description into programs.
func (e *Engine) program() error {
	var err error
	if e.lookups, e.prologue, err = splitPrologue(e.arch.Prologue); err != nil {
		return err
	}
	for i := range e.lookups {
		l := &e.lookups[i]
		if l.module = e.arch.Module(l.embed.Module.Path); l.module == nil {
			return fmt.Errorf("the description names no module %s", l.embed.Module.Path)
		}
	}
	for _, b := range e.arch.Blocks {
		p, err := newProgram("block "+b.Name, b.Steps, []port{{residual, e.arch.Hidden}}, residual)
		if err != nil {
			return err
		}
		e.blocks = append(e.blocks, p)
	}
	e.last = new(head)
	e.last.before, e.last.unembed, e.last.after, err = splitEpilogue(e.arch.Epilogue, e.arch.Hidden)
	if err != nil {
		return err
	}
	path := e.last.unembed.Module.Path
	if e.last.module = e.arch.Module(path); e.last.module == nil {
		return fmt.Errorf("the description names no module %s", path)
	}
	e.last.owner = e.last.module
	if owner := e.last.module.TiedTo; owner != "" {
		if e.last.owner = e.arch.Module(owner); e.last.owner == nil {
			return fmt.Errorf("the description names no module %s, to which %s is tied", owner, path)
		}
	}
	return nil
}

// Backend names the backend in use, for people.
func (e *Engine) Backend() string { return e.dev.name }

// Close gives everything back.
func (e *Engine) Close() error {
	e.held.free()
	e.dev.close()
	return nil
}

// layers is the number of layers.
func (e *Engine) layers() int { return len(e.arch.Layers) }

// layer is the program of a layer.
func (e *Engine) layer(l int) *program { return e.blocks[e.arch.Layers[l]] }

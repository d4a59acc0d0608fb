package transfer

import (
	"context"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Model is a checkpoint and its description.
type Model struct {
	Checkpoint *checkpoint.Checkpoint
	Arch       *arch.Architecture
}

// Options are the choices of a transfer; the zero value is the paper's.
type Options struct {
	Rank         int    // 0: 16
	Start        string // "plain" (or ""), "paper"
	Layers       string // "sensitivity" (or ""), "random", "first", "last"
	Structure    string // "submatrix" (or ""), "rows-columns", "neurons", "random"
	Modules      string // "all" (or ""), "attention", "ffn", "embeddings"
	AllowSmaller bool
	RNGSeed      uint64
	Engine       engine.Options
	// Message is told, once a line, what was left out and why; nil: nobody is.
	Message func(line string)
}

// Result is a finished transfer, still in memory.
type Result struct{}

// Run measures the teacher on the samples and makes the student's adapter.
func Run(ctx context.Context, teacher, student Model, samples []seeds.Sample, opts Options) (*Result, error) {
	panic("stub")
}

// Write writes the adapter's files, transfer.json and README.md into dir, which exists.
func (r *Result) Write(dir string) error { panic("stub") }

// Scores is what `nugget score --out` writes.
type Scores struct {
	Model   string        `json:"model"`
	Seeds   string        `json:"seeds"`
	Losses  []float64     `json:"losses"`
	Layers  []LayerScore  `json:"layers"`
	Tensors []TensorScore `json:"tensors"`
}

// LayerScore is the sum of S over all tensors of a layer.
type LayerScore struct {
	Index int     `json:"index"`
	Score float64 `json:"score"`
}

// TensorScore is the sum of S over one checkpoint tensor, named and shaped as there.
type TensorScore struct {
	Name  string  `json:"name"`
	Sum   float64 `json:"sum"`
	Shape []int   `json:"shape"`
}

// Score measures the sensitivity alone. With dump not nil it gets S of every
// tensor in the checkpoint's own layout.
func Score(ctx context.Context, m Model, samples []seeds.Sample, opts engine.Options, dump func(name string, shape []int, s []float32) error) (*Scores, error) {
	panic("stub")
}

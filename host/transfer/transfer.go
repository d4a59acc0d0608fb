// Package transfer takes what a teacher knows about a task, as parameters, and makes a
// PEFT adapter of it for a smaller student: "Seeking Neural Nuggets: Knowledge Transfer
// in Large Language Models from a Parametric Perspective" (arXiv 2310.11451).
//
// The steps are the paper's, in its order and words, a file a step: the teacher's
// sensitivity on a few samples (sensitivity.go), the layers that are kept (layers.go),
// the window of each matrix (window.go), its factors (factor.go), and the student's
// adapter that starts from them (inject.go). What belongs to what is in match.go.
//
// Equal input gives equal bytes, for any number of cores. The teacher is streamed:
// besides the engine's memory it takes a window of the student's size at a time, and
// the factors of as many layers as the student has. It trains nothing.
package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Model is a checkpoint and its description.
type Model struct {
	Checkpoint *checkpoint.Checkpoint
	Arch       *arch.Architecture
	// Name is the model as the user named it, for the adapter's config and
	// transfer.json; "": the checkpoint's path.
	Name string
}

func (m Model) name() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Checkpoint.Path()
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
	// Keep is a folder that is told of every layer that is done; "": none. A run that was
	// ended by whatever means goes on when its folder is given to the next, with the same
	// models, samples and options, and gives the same bytes. It is never removed.
	Keep string
	// Message is told, once a line, what was left out and why; nil: nobody is.
	Message func(line string)

	// What transfer.json is to say beyond that: the samples' file, of which it gets
	// the SHA-256 ("": none), and how its lines became tokens.
	Seeds     string
	Template  string
	MaxLength int
}

// The choices by their names. The first of each is the paper's method; the others are
// its ablations (section 4.3), or ours where the README says so.
const (
	Plain = "plain" // one adapter whose product is zero
	Paper = "paper" // init and its negative

	Sensitivity = "sensitivity" // the layers with the highest scores
	First       = "first"       // the first layers
	Last        = "last"        // the last ones
	Random      = "random"      // layers, or windows, at random

	Submatrix   = "submatrix"    // the contiguous block with the largest sum
	RowsColumns = "rows-columns" // the rows and the columns with the highest means
	Neurons     = "neurons"      // the single weights with the highest sensitivity

	All        = "all"
	Attention  = "attention"
	FFN        = "ffn"
	Embeddings = "embeddings"
)

const defaultRank = 16

// complete fills in what is not set, and refuses what cannot be.
func (o Options) complete() (Options, error) {
	if o.Rank == 0 {
		o.Rank = defaultRank
	}
	if o.Rank < 0 {
		return o, fmt.Errorf("rank %d: expected 1 or more", o.Rank)
	}
	for _, choice := range []struct {
		name   string
		value  *string
		values []string
	}{
		{"start", &o.Start, []string{Plain, Paper}},
		{"layers", &o.Layers, []string{Sensitivity, Random, First, Last}},
		{"structure", &o.Structure, []string{Submatrix, RowsColumns, Neurons, Random}},
		{"modules", &o.Modules, []string{All, Attention, FFN, Embeddings}},
	} {
		if *choice.value == "" {
			*choice.value = choice.values[0]
		}
		if !slices.Contains(choice.values, *choice.value) {
			return o, fmt.Errorf("%s %q: expected %s", choice.name, *choice.value, strings.Join(choice.values, ", "))
		}
	}
	if o.Message == nil {
		o.Message = func(string) {}
	}
	return o, nil
}

// Run measures the teacher on the samples and makes the student's adapter. What does
// not fit (a teacher that is smaller than the student, a rank that is larger than a
// window) is an error before anything is computed.
func Run(ctx context.Context, teacher, student Model, samples []seeds.Sample, opts Options) (*Result, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	p, err := newPlan(teacher, student, opts)
	if err != nil {
		return nil, err
	}
	marks := fingerprint(ctx, teacher, student, opts.Seeds)
	defer marks.stop()
	m, err := measure(ctx, p, samples, marks)
	if err != nil {
		return nil, err
	}
	report := newReport(p, m, samples)
	if err := marks.into(report); err != nil {
		return nil, err
	}
	return p.inject(m, report)
}

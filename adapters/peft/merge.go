package peft

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Merged is what a merge has done.
type Merged struct {
	Rank     int       // the adapter's largest
	Modules  int       // that have an adapter
	Changed  []string  // the tensors, sorted
	Tensors  int       // all of them, each file's
	Findings []Finding // warnings: what else should be known of the adapter
}

// Merge writes the HuggingFace folder of a model with the adapter in it into dir, which
// exists and is empty. Each file of weights keeps its name, its header with the metadata,
// its types and the order of its tensors; the tensors that the adapter does not change
// and all other files but those of other weights are copied byte for byte.
//
// A weight gets what PEFT (0.21.2, merge_and_unload) makes of it, but for the last bit
// of float32 products: B A in float32, times the scaling; then added and rounded once to
// the weight's type. What is added to an embedding, an expert or a router is rounded to
// that type before (lora.Embedding.merge, ParamWrapper.get_delta_weight). An adapter of
// one of two tied weights changes both. A result that is not finite is an error, as with
// PEFT's safe_merge.
//
// Besides what the adapter changes of one module, a few MiB are in memory. progress hears
// of the bytes done, of so many.
func Merge(ctx context.Context, adapter string, model *checkpoint.Checkpoint, a *arch.Architecture, dir string, progress func(done, total int64)) (*Merged, error) {
	if model.Format() != checkpoint.HuggingFace {
		return nil, fmt.Errorf("%s: is a %s file, expected a HuggingFace folder", model.Path(), model.Format())
	}
	g, err := newMerger(adapter, a)
	if err != nil {
		return nil, err
	}
	defer g.close()
	g.progress = progress
	var names []string
	for _, path := range model.Files() {
		if filepath.Ext(path) != ".safetensors" {
			continue
		}
		name, err := filepath.Rel(model.Path(), path)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		g.total += info.Size()
	}
	for _, name := range names {
		if err := g.file(ctx, filepath.Join(model.Path(), name), filepath.Join(dir, name)); err != nil {
			return nil, full(err)
		}
	}
	if err := g.complete(model.Path()); err != nil {
		return nil, err
	}
	if err := copyRest(ctx, model.Path(), dir, model.Files()); err != nil {
		return nil, full(err)
	}
	slices.Sort(g.merged.Changed)
	g.merged.Changed = slices.Compact(g.merged.Changed)
	return &g.merged, nil
}

// merger knows what is added to which tensor.
type merger struct {
	*folder
	changes  map[string][]change
	merged   Merged
	progress func(done, total int64)

	done, total int64
}

// change is what a pair adds to a tensor.
type change struct {
	*pair
	layout arch.Layout
	order  int  // of its module
	twice  bool // what is added is rounded before
}

// newMerger finds the tensors that the adapter changes, and refuses one that cannot be
// merged exactly.
func newMerger(adapter string, a *arch.Architecture) (*merger, error) {
	d, err := open(adapter, modelPaths(a))
	if err != nil {
		return nil, err
	}
	g := &merger{folder: d, changes: make(map[string][]change)}
	fitting := d.check(a)
	bad := firstOf(adapter, d.findings, func(f Finding) bool { return !f.Warning && f.Rule != RuleTied })
	if bad != nil {
		d.close()
		return nil, bad
	}
	order := make(map[*arch.Module]int)
	copies := make(map[string][]arch.Tensor) // of a weight, in tied modules
	for i, m := range a.Modules {
		order[m] = i
		if m.Copy != nil {
			copies[m.Weight.Name] = append(copies[m.Weight.Name], *m.Copy)
		}
	}
	for _, f := range fitting {
		m := f.module
		twice := f.embedding || m.Expert >= 0 || f.cut != nil || isRouter(m)
		for _, t := range append([]arch.Tensor{m.Weight}, copies[m.Weight.Name]...) {
			g.changes[t.Name] = append(g.changes[t.Name], change{f.pair, t.Layout, order[m], twice})
		}
		g.merged.Rank = max(g.merged.Rank, f.rank)
	}
	for _, changes := range g.changes {
		slices.SortStableFunc(changes, func(a, b change) int { return a.order - b.order })
	}
	g.merged.Modules, g.merged.Findings = len(fitting), d.findings
	return g, nil
}

// complete reports a tensor that should have been changed and was in no file.
func (g *merger) complete(model string) error {
	for name := range g.changes {
		if !slices.Contains(g.merged.Changed, name) {
			return fmt.Errorf("%s: has no tensor %q, which the adapter changes", model, name)
		}
	}
	return nil
}

// file writes one file of weights.
func (g *merger) file(ctx context.Context, from, to string) error {
	f, err := safetensors.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return writeFile(to, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		if err := g.copy(ctx, out, f.Head()); err != nil {
			return err
		}
		for _, t := range f.InOrder() {
			g.merged.Tensors++
			if err := g.tensor(ctx, out, f, t); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

// copy passes bytes on, and looks at the context now and then.
func (g *merger) copy(ctx context.Context, w io.Writer, r io.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(w, r, 8<<20)
		g.step(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (g *merger) step(n int64) {
	g.done += n
	if g.progress != nil {
		g.progress(g.done, g.total)
	}
}

// full says what to do about a full disk.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return hint.With(err, "the merged model takes as much room as the model: free some, or write to another disk")
	}
	return err
}

// weights reports whether a file's name is that of weights, in any form.
func weights(name string) bool {
	for _, end := range []string{
		".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack", ".onnx", ".onnx_data", ".ot", ".tflite", ".npz", ".index.json",
	} {
		if strings.HasSuffix(strings.ToLower(name), end) {
			return true
		}
	}
	return false
}

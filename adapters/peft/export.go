package peft

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Export is Merge for a model that is no HuggingFace folder, a GGUF file. Its weights are
// brought into HuggingFace's names and layout and rounded to a type: F32, F16 or BF16;
// quantised ones are decoded. config is a folder whose config.json, tokenizer and other
// files that are no weights are copied. Files of weights are at most 5 GB.
//
// check is called when all files are there, with the headers of the weights in place and
// room behind them: it is to say whether config.json describes this model.
func Export(ctx context.Context, adapter string, model *checkpoint.Checkpoint, a *arch.Architecture, config, dtype, dir string,
	check func(dir string) error, progress func(done, total int64)) (*Merged, error) {
	g, err := newMerger(adapter, a)
	if err != nil {
		return nil, err
	}
	defer g.close()
	g.progress = progress
	if err := copyRest(ctx, config, dir, nil); err != nil {
		return nil, full(err)
	}
	x := &export{merger: g, model: model, dtype: dtype}
	x.list(a)
	defer x.close()
	if err := x.create(dir); err != nil {
		return nil, full(err)
	}
	if err := check(dir); err != nil {
		return nil, err
	}
	for _, t := range x.tensors {
		if err := x.fill(ctx, t); err != nil {
			return nil, full(err)
		}
	}
	if err := x.finish(); err != nil {
		return nil, full(err)
	}
	g.merged.Tensors = len(x.tensors)
	slices.Sort(g.merged.Changed)
	return &g.merged, nil
}

// export is the files in the making.
type export struct {
	*merger
	model   *checkpoint.Checkpoint
	dtype   string
	tensors []exported
	files   []*os.File
	writers []*safetensors.Writer
}

// exported is a tensor of the result.
type exported struct {
	name   string
	from   arch.Tensor
	shape  []int
	turned bool // it lies as [in, out]
	bytes  int64
	file   int
	pairs  []change
}

// list names the tensors in program order, as their modules' paths say.
func (x *export) list(a *arch.Architecture) {
	add := func(m *arch.Module, end string, t arch.Tensor) *exported {
		e := exported{name: m.Path + end, from: t, shape: t.CanonicalShape(), turned: m.FanInFanOut && end == ".weight"}
		if t.Layout.Folded {
			e.shape = t.Shape
		}
		if e.turned {
			slices.Reverse(e.shape)
		}
		e.bytes = int64(checkpoint.Entries(e.shape)) * map[string]int64{"F32": 4, "F16": 2, "BF16": 2}[x.dtype]
		x.total += e.bytes
		x.tensors = append(x.tensors, e)
		return &x.tensors[len(x.tensors)-1]
	}
	for _, m := range a.Modules {
		if m.TiedTo == "" {
			e := add(m, ".weight", m.Weight)
			for _, c := range x.changes[m.Weight.Name] {
				if c.layout.Index == m.Weight.Layout.Index {
					c.layout = arch.Layout{Transposed: e.turned}
					e.pairs = append(e.pairs, c)
				}
			}
		}
		if m.Bias != nil {
			add(m, ".bias", *m.Bias)
		}
	}
}

// maxShard is what save_pretrained of transformers 4 wrote into one file.
const maxShard = 5_000_000_000

// create writes the headers, and the index if there are several files.
func (x *export) create(dir string) error {
	shards, size := [][]safetensors.Tensor{nil}, int64(0)
	for i := range x.tensors {
		t := &x.tensors[i]
		if size > 0 && size+t.bytes > maxShard {
			shards, size = append(shards, nil), 0
		}
		t.file, size = len(shards)-1, size+t.bytes
		shards[t.file] = append(shards[t.file], safetensors.Tensor{Name: t.name, DType: x.dtype, Shape: t.shape})
	}
	for i, tensors := range shards {
		f, err := os.Create(filepath.Join(dir, shardName(i, len(shards))))
		if err != nil {
			return err
		}
		x.files = append(x.files, f)
		w, err := safetensors.NewWriter(f, tensors, map[string]string{"format": "pt"})
		if err != nil {
			return err
		}
		x.writers = append(x.writers, w)
		if err := f.Truncate(w.Size()); err != nil {
			return err
		}
	}
	if len(shards) == 1 {
		return nil
	}
	index := struct {
		Metadata  map[string]int64  `json:"metadata"`
		WeightMap map[string]string `json:"weight_map"`
	}{map[string]int64{"total_size": x.total}, map[string]string{}}
	for _, t := range x.tensors {
		index.WeightMap[t.name] = shardName(t.file, len(shards))
	}
	raw, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "model.safetensors.index.json"), func(w io.Writer) error {
		_, err := w.Write(append(raw, '\n'))
		return err
	})
}

func shardName(i, n int) string {
	if n == 1 {
		return "model.safetensors"
	}
	return fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, n)
}

// fill writes one tensor, some rows at a time if they lie as they are to lie.
func (x *export) fill(ctx context.Context, t exported) error {
	m, err := x.matrixOf(t)
	if err != nil {
		return err
	}
	layout := t.from.Layout
	if layout.Stacked || layout.Transposed || layout.InterleavedHeads != 0 || layout.Folded || t.turned || len(t.shape) != 2 {
		values, err := canonical(ctx, x.model, t.from)
		if err != nil {
			return err
		}
		if t.turned {
			values = turned(values, t.shape[1], t.shape[0])
		}
		return x.put(ctx, t, m, 0, values)
	}
	tile := min(max(1, tileEntries/m.cols), m.rows)
	values := make([]float32, tile*m.cols)
	for first := 0; first < m.rows; first += tile {
		n := min(tile, m.rows-first)
		part := values[:n*m.cols]
		if err := x.model.ReadFloat32Rows(ctx, t.from.Name, first, n, part); err != nil {
			return err
		}
		for i := range part {
			part[i] -= float32(layout.Offset)
		}
		if err := x.put(ctx, t, m, first, part); err != nil {
			return err
		}
	}
	return nil
}

// matrixOf is what is added to a tensor, a vector taken for a column.
func (x *export) matrixOf(t exported) (*matrix, error) {
	rows := t.shape[0]
	m := &matrix{tensor: safetensors.Tensor{Name: t.name, DType: x.dtype}, rows: rows, cols: checkpoint.Entries(t.shape) / rows}
	for _, c := range t.pairs {
		d, err := x.factorise(c, t.shape)
		if err != nil {
			return nil, err
		}
		m.deltas = append(m.deltas, d)
	}
	if len(t.pairs) > 0 {
		x.merged.Changed = append(x.merged.Changed, t.name)
	}
	return m, nil
}

// put writes rows, from the first on, with what is added to them.
func (x *export) put(ctx context.Context, t exported, m *matrix, first int, values []float32) error {
	if err := safetensors.Round(x.dtype, values); err != nil {
		return err
	}
	tile := max(1, tileEntries/m.cols) * m.cols
	for from := 0; from < len(values); from += tile {
		part := values[from:min(from+tile, len(values))]
		if err := m.apply(first+from/m.cols, part); err != nil {
			return fmt.Errorf("%s: tensor %q: %w", x.model.Path(), t.name, err)
		}
		if err := x.writers[t.file].WriteFloat32(t.name, first*m.cols+from, part); err != nil {
			return err
		}
		x.step(int64(len(part)) * t.bytes / int64(m.rows*m.cols))
	}
	return ctx.Err()
}

func (x *export) finish() error {
	for i, w := range x.writers {
		if err := w.Close(); err != nil {
			return err
		}
		if err := x.files[i].Close(); err != nil {
			return err
		}
	}
	x.files = nil
	return nil
}

func (x *export) close() {
	for _, f := range x.files {
		f.Close()
	}
}

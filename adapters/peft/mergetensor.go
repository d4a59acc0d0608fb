package peft

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// tensor writes a tensor: as it lies, or with what is added to it. Of a stacked one
// every matrix is looked at by itself.
func (g *merger) tensor(ctx context.Context, w io.Writer, f *safetensors.File, t safetensors.Tensor) error {
	raw, err := f.Raw(t.Name)
	if err != nil {
		return err
	}
	changes := g.changes[t.Name]
	if len(changes) == 0 {
		return g.copy(ctx, w, raw)
	}
	if !floats(t.DType) {
		return hint.With(fmt.Errorf("%s: tensor %q: found type %s, expected F16, BF16, F32 or F64: a quantised weight cannot be changed", f.Path(), t.Name, t.DType),
			"merge into the model's unquantised version, and quantise the result")
	}
	g.merged.Changed = append(g.merged.Changed, t.Name)
	shape, matrices := t.Shape, 1
	if changes[0].layout.Stacked {
		shape, matrices = shape[1:], shape[0]
	}
	if len(shape) != 2 {
		return fmt.Errorf("%s: tensor %q: found shape %v, expected a matrix", f.Path(), t.Name, t.Shape)
	}
	size := raw.Size() / int64(matrices)
	for i := range matrices {
		m := &matrix{file: f, tensor: t, first: i * shape[0] * shape[1], rows: shape[0], cols: shape[1]}
		for _, c := range changes {
			if !c.layout.Stacked || c.layout.Index == i {
				d, err := g.factorise(c, shape)
				if err != nil {
					return err
				}
				m.deltas = append(m.deltas, d)
			}
		}
		if len(m.deltas) == 0 {
			err = g.copy(ctx, w, io.NewSectionReader(raw, int64(i)*size, size))
		} else {
			err = g.matrix(ctx, w, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// matrix is a weight as it lies on disk, with what is added to it.
type matrix struct {
	file       *safetensors.File
	tensor     safetensors.Tensor
	first      int // of its entries in the tensor
	rows, cols int
	deltas     []*delta
}

// delta is scale times left [rows, rank] right [rank, cols].
type delta struct {
	rank        int
	left, right []float32
	scale       float64
	twice       bool
	base        []float32 // nil, or what PEFT puts in the weight's place
}

// factorise reads a pair's factors, so that their product lies as the weight does.
func (g *merger) factorise(c change, shape []int) (*delta, error) {
	a, b, err := g.factors(c.pair)
	if err != nil {
		return nil, err
	}
	d := &delta{rank: c.rank, scale: g.config.scale(c.setting), twice: c.twice}
	if c.base != nil {
		d.base = make([]float32, c.out*c.in)
		if err := g.values(c.base, d.base); err != nil {
			return nil, err
		}
	}
	if heads := c.layout.InterleavedHeads; heads != 0 {
		b = interleaved(b, heads, c.out, c.rank)
	}
	if c.embedding || c.layout.Transposed {
		d.left, d.right = turned(a, c.rank, c.in), turned(b, c.out, c.rank)
	} else {
		d.left, d.right = b, a
	}
	if len(d.left) != shape[0]*c.rank || len(d.right) != shape[1]*c.rank {
		return nil, fmt.Errorf("%s: the adapter's change does not fit a tensor of shape %v", c.path, shape)
	}
	return d, nil
}

// turned is a matrix's transpose.
func turned(m []float32, rows, cols int) []float32 {
	t := make([]float32, len(m))
	for i := range rows {
		for j := range cols {
			t[j*rows+i] = m[i*cols+j]
		}
	}
	return t
}

// interleaved orders rows as a tensor of interleaved heads lies (arch.Layout).
func interleaved(m []float32, heads, rows, width int) []float32 {
	out := make([]float32, 0, len(m))
	size := rows / heads
	for h := range heads {
		for i := range size / 2 {
			for half := range 2 {
				at := (h*size + half*size/2 + i) * width
				out = append(out, m[at:at+width]...)
			}
		}
	}
	return out
}

// matrix writes a matrix tile by tile.
func (g *merger) matrix(ctx context.Context, w io.Writer, m *matrix) error {
	tile := min(max(1, tileEntries/m.cols), m.rows)
	add := m.add
	if m.tensor.DType == "F64" {
		add = m.add64
	}
	for first := 0; first < m.rows; first += tile {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := add(first, min(tile, m.rows-first))
		if err != nil {
			return fmt.Errorf("%s: tensor %q: %w", m.file.Path(), m.tensor.Name, err)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		g.step(int64(len(b)))
	}
	return nil
}

// add is n rows of the result, from the first on.
func (m *matrix) add(first, n int) ([]byte, error) {
	values := make([]float32, n*m.cols)
	if err := m.file.ReadFloat32(m.tensor.Name, m.first+first*m.cols, values); err != nil {
		return nil, err
	}
	if err := m.apply(first, values); err != nil {
		return nil, err
	}
	return safetensors.Encode(nil, m.tensor.DType, values)
}

// apply adds to values, which are of the tensor's type and rows from the first on.
func (m *matrix) apply(first int, values []float32) error {
	if err := m.finite(first, values, "the model has"); err != nil {
		return err
	}
	n, product := len(values)/m.cols, make([]float32, len(values))
	for _, d := range m.deltas {
		if d.base != nil {
			copy(values, d.base[first*m.cols:])
			if err := safetensors.Round(m.tensor.DType, values); err != nil {
				return err
			}
		}
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas32.General{Rows: n, Cols: d.rank, Stride: d.rank, Data: d.left[first*d.rank:]},
			blas32.General{Rows: d.rank, Cols: m.cols, Stride: m.cols, Data: d.right},
			0, blas32.General{Rows: n, Cols: m.cols, Stride: m.cols, Data: product})
		if scale := float32(d.scale); scale != 1 {
			for i := range product {
				product[i] *= scale
			}
		}
		if d.twice {
			if err := safetensors.Round(m.tensor.DType, product); err != nil {
				return err
			}
		}
		for i, p := range product {
			values[i] += p
		}
		if err := safetensors.Round(m.tensor.DType, values); err != nil {
			return err
		}
	}
	return m.finite(first, values, "the result is")
}

// finite names the place of what is no number.
func (m *matrix) finite(first int, values []float32, what string) error {
	if i := notFinite(values); i >= 0 {
		return fmt.Errorf("%s %v at [%d, %d], expected a finite number", what, values[i], first+i/m.cols, i%m.cols)
	}
	return nil
}

// add64 is add for a weight of float64, whose adapter PEFT takes in float64 too.
func (m *matrix) add64(first, n int) ([]byte, error) {
	raw, err := m.file.Raw(m.tensor.Name)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 8*n*m.cols)
	if _, err := raw.ReadAt(b, 8*int64(m.first+first*m.cols)); err != nil {
		return nil, err
	}
	product := make([]float64, n*m.cols)
	for _, d := range m.deltas {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, d.scale,
			blas64.General{Rows: n, Cols: d.rank, Stride: d.rank, Data: widen(d.left[first*d.rank : (first+n)*d.rank])},
			blas64.General{Rows: d.rank, Cols: m.cols, Stride: m.cols, Data: widen(d.right)},
			0, blas64.General{Rows: n, Cols: m.cols, Stride: m.cols, Data: product})
		for i, p := range product {
			old := math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
			if d.base != nil {
				old = float64(d.base[first*m.cols+i])
			}
			if sum := old + p; sum-sum == 0 {
				binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(sum))
			} else {
				return nil, fmt.Errorf("the result is %v at [%d, %d], expected a finite number", sum, first+i/m.cols, i%m.cols)
			}
		}
	}
	return b, nil
}

func widen(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}

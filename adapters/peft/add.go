package peft

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Add adds the adapter's part to a module's canonical weight: B A to a linear map's
// [out, in], (B A)^T to an embedding's [rows, width]. It leaves modules without an
// adapter alone. As PEFT's merge, it forms B A in float32 and then adds. It is safe
// for concurrent use.
func (a *Adapter) Add(m *arch.Module, weight []float32) error {
	f := a.Module(m.Path)
	if f == nil {
		return nil
	}
	rows, cols := f.Out, f.In
	if f.Embedding {
		rows, cols = f.In, f.Out
	}
	if f.Embedding != (m.Kind == arch.Embedding) || rows != m.Out || cols != m.In || len(weight) != rows*cols {
		return fmt.Errorf("%s: the adapter changes %s [%d, %d], but the model has %s [%d, %d]",
			m.Path, kindName(f.Embedding), rows, cols, kindName(m.Kind == arch.Embedding), m.Out, m.In)
	}
	if f.Base != nil {
		copy(weight, f.Base)
	}
	tile := max(1, tileEntries/cols)
	delta := make([]float32, min(tile, rows)*cols)
	for first := 0; first < rows; first += tile {
		n := min(tile, rows-first)
		f.product(a.Rank, first, n, delta[:n*cols])
		w := weight[first*cols : (first+n)*cols]
		for i, d := range delta[:n*cols] {
			w[i] += d
		}
	}
	return nil
}

// tileEntries is how much of B A exists at a time.
const tileEntries = 1 << 18

// product is n rows of what is added to the weight, from the first on.
func (m *Module) product(rank, first, n int, dst []float32) {
	a := blas32.General{Rows: rank, Cols: m.In, Stride: m.In, Data: m.A}
	b := blas32.General{Rows: m.Out, Cols: rank, Stride: rank, Data: m.B}
	if !m.Embedding {
		b.Rows, b.Data = n, m.B[first*rank:]
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, b, a, 0, blas32.General{Rows: n, Cols: m.In, Stride: m.In, Data: dst})
		return
	}
	a.Cols, a.Data = n, m.A[first:]
	blas32.Gemm(blas.Trans, blas.Trans, 1, a, b, 0, blas32.General{Rows: n, Cols: m.Out, Stride: m.Out, Data: dst})
}

func kindName(embedding bool) string {
	if embedding {
		return "an embedding"
	}
	return "a linear map"
}

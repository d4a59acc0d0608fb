package transfer

import (
	"errors"
	"os"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// ArraysFile is what transfer.json is too narrow for: what `nugget report` draws. PEFT
// reads adapter_model.safetensors alone and never looks at it. It holds
//
//   - HeatName(path, part), F16 [rows, cols] of at most 32 x 32: the sensitivity of the
//     teacher's matrix in cells, each the mean of S in it over the matrix's mean.
//     Cell i of n spans the rows from i*N/n up to (i+1)*N/n of N, columns likewise. The
//     input embedding is [d, vocab], as its window. A model with thousands of experts
//     has none for these.
//   - SigmaName(path), F32 [rank]: the leading singular values of what was taken, the
//     largest first.
const ArraysFile = "transfer.safetensors"

// HeatName names the heat map behind one of the student's modules, or of a part of it;
// part is "" where it is not fused.
func HeatName(path, part string) string {
	if part == "" {
		return "heat/" + path
	}
	return "heat/" + path + "/" + part
}

// SigmaName names the singular values of one of the student's modules.
func SigmaName(path string) string { return "sigma/" + path }

// arrays are those of ArraysFile.
type arrays struct {
	tensors []safetensors.Tensor
	values  [][]float32
}

func (a *arrays) add(name, dtype string, values []float32, shape ...int) {
	a.tensors = append(a.tensors, safetensors.Tensor{Name: name, DType: dtype, Shape: shape})
	a.values = append(a.values, values)
}

// arraysOf gathers them.
func arraysOf(all []given) *arrays {
	a := &arrays{}
	for _, g := range all {
		a.add(SigmaName(g.module.Path), "F32", g.sigma, len(g.sigma))
		for _, p := range g.parts {
			if p.heat.values != nil {
				a.add(HeatName(g.module.Path, p.name), "F16", p.heat.values, p.heat.rows, p.heat.cols)
			}
		}
	}
	return a
}

func (a *arrays) write(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := safetensors.NewWriter(f, a.tensors, map[string]string{"format": "pt", "of": ReportFile})
	if err != nil {
		return err
	}
	for i, t := range a.tensors {
		if err := w.WriteFloat32(t.Name, 0, a.values[i]); err != nil {
			return err
		}
	}
	return w.Close()
}

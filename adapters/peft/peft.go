// Package peft reads, writes and checks LoRA adapters as HuggingFace's PEFT keeps
// them: a folder with adapter_config.json and adapter_model.safetensors.
//
// What it writes, every PEFT from 0.6 on loads without a missing or an unexpected
// key, and so does other software that knows less of PEFT's settings: one rank, alpha
// equal to it, no patterns, exact target modules. What it reads, it reads as PEFT
// 0.21 would apply it to a model; whatever PEFT would ignore, or this package cannot
// do exactly, is an error that names it. It knows LoRA alone, of linear maps and
// embeddings, and no pickled weights (adapter_model.bin).
package peft

import (
	"fmt"
	"slices"
	"strings"
)

// The files of an adapter.
const (
	ConfigFile  = "adapter_config.json"
	WeightsFile = "adapter_model.safetensors"
)

// Adapter is a LoRA adapter as PEFT keeps it: one rank, alpha equal to it.
type Adapter struct {
	BaseModel string // base_model_name_or_path
	Rank      int
	// FanInFanOut says that the base's linear maps are Conv1D (GPT-2).
	FanInFanOut bool
	Modules     []Module // sorted by path
}

// Module is the pair of factors of one module; the weight changes by B A (alpha is
// the rank, so PEFT's scaling is 1). A linear map [out, in]: A [r, in], B [out, r].
// An embedding [rows, width]: A [r, rows], B [width, r], and the weight changes by
// (B A)^T.
type Module struct {
	Path      string // "model.layers.0.mlp.up_proj"
	Embedding bool
	Out, In   int // of B A: for an embedding Out is width and In is rows
	A, B      []float32

	// Scale is the PEFT scaling that Read has put into B, where it is not 1; else 0. It
	// concerns those who train on: a step of PEFT's B changes this one by Scale times as
	// much. Write leaves it out.
	Scale float64

	// Base, when not nil, is the weight itself, shaped as the base's: PEFT saves it
	// along with adapted embeddings, and puts it in the base's place on loading.
	Base []float32
}

// Module returns the module of that path, or nil.
func (a *Adapter) Module(path string) *Module {
	i, ok := slices.BinarySearchFunc(a.Modules, path, func(m Module, path string) int {
		return strings.Compare(m.Path, path)
	})
	if !ok {
		return nil
	}
	return &a.Modules[i]
}

// check refuses what cannot be written.
func (a *Adapter) check() error {
	if len(a.Modules) == 0 {
		return fmt.Errorf("the adapter has no modules")
	}
	if a.Rank < 1 {
		return fmt.Errorf("the adapter's rank is %d", a.Rank)
	}
	for i, m := range a.Modules {
		if i > 0 && a.Modules[i-1].Path >= m.Path {
			return fmt.Errorf("module %s comes after %s: expected paths in order, each once", m.Path, a.Modules[i-1].Path)
		}
		if m.Path == "" || m.Out < 1 || m.In < 1 {
			return fmt.Errorf("module %q: B A is [%d, %d]", m.Path, m.Out, m.In)
		}
		if len(m.A) != a.Rank*m.In || len(m.B) != m.Out*a.Rank {
			return fmt.Errorf("module %s: found %d entries of A and %d of B, expected %d and %d (rank %d, B A [%d, %d])",
				m.Path, len(m.A), len(m.B), a.Rank*m.In, m.Out*a.Rank, a.Rank, m.Out, m.In)
		}
		if m.Base != nil && len(m.Base) != m.Out*m.In {
			return fmt.Errorf("module %s: found %d entries of the base's weight, expected %d", m.Path, len(m.Base), m.Out*m.In)
		}
		for _, f := range []struct {
			name   string
			values []float32
		}{{"A", m.A}, {"B", m.B}, {"the base's weight", m.Base}} {
			if at := notFinite(f.values); at >= 0 {
				return fmt.Errorf("module %s: %s has %v at entry %d", m.Path, f.name, f.values[at], at)
			}
		}
	}
	return nil
}

// notFinite is the index of the first NaN or infinity, -1 without one.
func notFinite(values []float32) int {
	for i, v := range values {
		if v-v != 0 {
			return i
		}
	}
	return -1
}

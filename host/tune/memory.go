package tune

import (
	"fmt"
	"slices"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Memory is how a training uses memory, about.
type Memory struct {
	Limit       int64
	Held        engine.Held
	Layers      int
	Weights     int64 // that all would take
	Activations int64 // between the layers, of the largest batch
	Adapter     int64 // with its gradients and AdamW's averages
	Rest        int64 // a layer at work, the batches in it, a part of the vocabulary
}

// PlanMemory decides which weights stay in memory, so that a training takes about limit
// bytes.
func PlanMemory(t *Training, a *arch.Architecture, limit int64) Memory {
	m := Memory{Limit: limit, Layers: len(a.Layers)}
	var layer int64
	m.Weights, layer = t.Engine.WeightBytes()
	for _, f := range t.Start.Adapter.Modules {
		m.Adapter += 16 * int64(len(f.A)+len(f.B))
	}
	if n := t.Start.Negative; n != nil {
		m.Adapter += m.Adapter / 4
	}
	var lengths []int
	for _, s := range t.Train.Samples {
		lengths = append(lengths, len(s.Tokens))
	}
	slices.Sort(lengths)
	tokens := int64(0)
	for _, n := range lengths[max(0, len(lengths)-t.BatchSize):] {
		tokens += int64(n)
	}
	m.Activations = 4 * tokens * int64(a.Hidden) * int64(m.Layers+4)
	atWork := 8 * int64(max(lengths[len(lengths)-1], 512)) * widths(a)
	m.Rest = 2*layer + atWork + programBytes
	m.Held = t.Engine.Hold(limit - m.Activations - m.Adapter - m.Rest)
	return m
}

// programBytes is what the program itself takes, a chunk of the vocabulary included.
const programBytes = 200 << 20

// widths is the sum of the widths of what the linear maps of a layer take and give.
func widths(a *arch.Architecture) int64 {
	most := int64(0)
	for l := range a.Layers {
		n := int64(0)
		for _, m := range a.LayerModules(l) {
			if m.Kind == arch.Linear {
				n += int64(m.Out + m.In)
			}
		}
		most = max(most, n)
	}
	return most
}

// Total is what the process takes.
func (m Memory) Total() int64 { return m.Held.Bytes + m.Activations + m.Adapter + m.Rest }

func (m Memory) String() string {
	what := "all weights stay in memory"
	if m.Held.Bytes < m.Weights {
		what = fmt.Sprintf("%d of %d layers stay in memory, the others are read twice a batch", m.Held.Layers, m.Layers)
		if !m.Held.Unembedding {
			what += ", as is the unembedding"
		}
	}
	line := fmt.Sprintf("%s: %s of weights, %s of activations, %s for the adapter; about %s in all",
		what, megabytes(m.Held.Bytes), megabytes(m.Activations), megabytes(m.Adapter), megabytes(m.Total()))
	if m.Total() > m.Limit {
		line += fmt.Sprintf(", which is more than the %s allowed", megabytes(m.Limit))
	}
	return line
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", (n+500_000)/1_000_000) }

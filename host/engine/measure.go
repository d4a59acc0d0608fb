package engine

import (
	"context"

	"github.com/gomlx/compute"
)

// Measured is how well a model predicts a sample's tokens that count.
type Measured struct {
	Loss    float64 // their mean cross entropy, in nats
	Tokens  int     // how many they are
	Correct int     // those whose logit is the largest, the first of equal ones
}

// Measure is Losses, and says how many tokens are predicted exactly.
func (e *Engine) Measure(ctx context.Context, samples []Sample) ([]Measured, error) {
	r, err := e.newRun(samples, true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.plan(r.counted(), nil, lossPasses)
	t, err := r.forwardLayers(ctx, nil)
	if err != nil {
		return nil, err
	}
	h, err := r.newHead(ctx, t.last(), false)
	if err != nil {
		return nil, err
	}
	h.best = newBest(h.rows)
	losses, err := h.losses(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Measured, len(losses))
	for i, loss := range losses {
		all[i] = Measured{Loss: loss, Tokens: h.rows[i]}
		for row, label := range h.labels[i] {
			if h.best.entries[i][row] == label {
				all[i].Correct++
			}
		}
	}
	return all, nil
}

// best is the largest logit of each row of each seed so far, and its entry.
type best struct {
	logits  [][]float32
	entries [][]int32 // -1: none yet
}

func newBest(rows []int) *best {
	b := &best{}
	for _, n := range rows {
		entries := make([]int32, n)
		for i := range entries {
			entries[i] = -1
		}
		b.logits, b.entries = append(b.logits, make([]float32, n)), append(b.entries, entries)
	}
	return b
}

// take takes in what a chunk has for a batch. Chunks come in order, so that of equal
// logits the first stays.
func (t *best) take(d *device, c chunk, b batch, logits, entries compute.Buffer) error {
	values, err := d.read(logits)
	if err != nil {
		return err
	}
	places, err := d.read(entries)
	if err != nil {
		return err
	}
	for _, p := range b.parts {
		for i, v := range p.span(values, 1) {
			if t.entries[p.seed][i] < 0 || v > t.logits[p.seed][i] {
				t.logits[p.seed][i], t.entries[p.seed][i] = v, int32(c.first)+int32(places[p.first+i])
			}
		}
	}
	return nil
}

package engine

import "sync"

// How often a phase multiplies each weight with a seed, about: what Progress.Share
// weighs them by.
const (
	forwardPasses  = 1
	lossPasses     = 1
	backwardPasses = 4 // the layer again, dx, dW, S

	// LayerPasses is how often a Sensitivity run multiplies each weight of a layer with a
	// seed, KeptPasses how much of that is saved where outputs are kept.
	LayerPasses = forwardPasses + backwardPasses
	KeptPasses  = 1
)

// meter tells of finished work.
type meter struct {
	report                func(Progress)
	layerCount, seedCount int

	tokens int // of all seeds

	mu                   sync.Mutex
	done, skipped, total float64
}

// work is what a program costs for a number of rows.
func (p *program) work(rows int) float64 {
	entries := 0
	for _, q := range p.params {
		entries += q.size()
	}
	return float64(entries) * float64(rows)
}

// plan adds up the whole run. rows are the rows that each seed has in the head, keeps what
// is kept of each layer on the way forward; nil: there is no way back.
func (r *run) plan(rows []int, keeps []kept, headPasses float64) {
	r.meter.total, r.meter.tokens = 0, 0
	for seed, n := range r.lengths {
		r.meter.tokens += n
		for l := range r.layers() {
			passes := float64(forwardPasses)
			if keeps != nil {
				passes += keeps[l].passes()
			}
			r.meter.total += passes * r.layer(l).work(n)
		}
		r.meter.total += headPasses * r.last.work(rows[seed])
	}
}

// work is what the unembedding costs for a number of rows.
func (h *head) work(rows int) float64 {
	return float64(h.unembed.Out) * float64(h.unembed.In) * float64(rows)
}

// progress tells of a seed's finished piece of work. It is safe for concurrent use.
func (m *meter) progress(phase string, layer, seed int, work float64) {
	if m.report == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += work
	p := Progress{Phase: phase, Layer: layer, Layers: m.layerCount, Seed: seed, Seeds: m.seedCount, Tokens: m.tokens}
	if m.total > 0 {
		p.Share, p.Skipped = min(m.done/m.total, 1), min(m.skipped/m.total, 1)
	}
	m.report(p)
}

// skip counts work as done that an earlier run did.
func (m *meter) skip(work float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += work
	m.skipped += work
}

package engine

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// head is the end of the model: the program before the unembedding, the
// unembedding, and the steps that follow it.
type head struct {
	before  *program
	unembed *archpb.Linear
	after   []*archpb.Step
	module  *arch.Module // the unembedding
	owner   *arch.Module // whose weight it is: the embedding's when tied
}

// tied reports whether embedding and unembedding share one weight.
func (h *head) tied() bool { return h.owner != h.module }

// headRun is what the head knows of the seeds. Only the tokens that are followed
// by a label that counts have rows here.
type headRun struct {
	*run
	rows   []int     // of each seed
	packed []batch   // of these rows
	at     [][]int   // the token that a row stands for
	labels [][]int32 // the token that follows it
	before region    // inputs of the program before the unembedding
	h      region    // inputs of the unembedding
	lse    [][]float32
	picked [][]float32 // the labels' logits
	best   *best       // nil: nobody asks
	chunk  int         // entries of the vocabulary at a time
	aside  aside       // what waits of a tied unembedding's S
	weight float64     // of a row in the loss; 0: 1 over the seed's rows
}

// chunkBytes bounds a chunk of the unembedding, and a seed's logits for it.
const chunkBytes = 8 << 20

// counted is how many tokens of each seed are followed by a label that counts.
func (r *run) counted() []int {
	rows := make([]int, len(r.samples))
	for seed, s := range r.samples {
		rows[seed] = countedTokens(s)
	}
	return rows
}

func countedTokens(s Sample) int {
	n := 0
	for _, label := range s.Labels[min(1, len(s.Labels)):] {
		if label != ignored {
			n++
		}
	}
	return n
}

// newHead picks the rows out of the last layer's output and runs the program
// before the unembedding on them.
func (r *run) newHead(ctx context.Context, hidden region, all bool) (*headRun, error) {
	h := &headRun{run: r}
	for _, s := range r.samples {
		h.choose(s, all)
	}
	h.pack()
	width := r.arch.Hidden
	h.before = r.scratch.region(h.rows, width)
	for seed, at := range h.at {
		values := make([]float32, r.lengths[seed]*width)
		if err := hidden.read(seed, values); err != nil {
			return nil, err
		}
		for i, t := range at {
			copy(values[i*width:(i+1)*width], values[t*width:(t+1)*width])
		}
		if err := h.before.write(seed, values); err != nil {
			return nil, err
		}
	}
	h.h = h.before
	if p := r.last.before; !p.identity() {
		h.h = r.scratch.region(h.rows, int(r.last.unembed.In))
		w, err := r.load(ctx, nil, p, arch.Outside, false)
		if err != nil {
			return nil, err
		}
		defer w.free()
		if err := r.forward(ctx, w, h.packed, []region{h.before}, h.h, kept{}, "head"); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// choose lists the rows of a sample: all tokens, or those that are followed by a
// label that counts.
func (h *headRun) choose(s Sample, all bool) {
	var at []int
	var labels []int32
	for t := range s.Tokens {
		switch {
		case all:
			at = append(at, t)
		case t+1 < len(s.Labels) && s.Labels[t+1] != ignored:
			at, labels = append(at, t), append(labels, s.Labels[t+1])
		}
	}
	h.rows, h.at, h.labels = append(h.rows, len(at)), append(h.at, at), append(h.labels, labels)
}

// pack distributes the rows over batches, and cuts the vocabulary into equal chunks.
func (h *headRun) pack() {
	h.packed = h.dev.batches(h.rows, h.headSizing())
	most := 1
	for _, b := range h.packed {
		most = max(most, b.rows)
	}
	vocab, in := int(h.last.unembed.Out), int(h.last.unembed.In)
	size := min(max(chunkBytes/4/max(in, most), 256), vocab)
	count := (vocab + size - 1) / size
	h.chunk = (vocab + count - 1) / count
}

// losses is the mean cross entropy of each seed.
func (h *headRun) losses(ctx context.Context) ([]float64, error) {
	for _, n := range h.rows {
		lse := make([]float32, n)
		for i := range lse {
			lse[i] = masked
		}
		h.lse, h.picked = append(h.lse, lse), append(h.picked, make([]float32, n))
	}
	err := h.chunks(ctx, func(c chunk) error {
		return parallel(ctx, h.dev.batchesAtOnce(), len(h.packed), func(i int) error { return h.loss(c, h.packed[i]) })
	})
	if err != nil {
		return nil, err
	}
	losses := make([]float64, len(h.rows))
	for seed, n := range h.rows {
		for i := range n {
			losses[seed] += float64(h.lse[seed][i]) - float64(h.picked[seed][i])
		}
		losses[seed] /= float64(n)
		if math.IsNaN(losses[seed]) || math.IsInf(losses[seed], 0) {
			return nil, h.seedError(seed, fmt.Errorf("the loss is %v", losses[seed]))
		}
	}
	return losses, nil
}

// loss takes one chunk into a batch's losses.
func (h *headRun) loss(c chunk, b batch) error {
	x, err := h.dev.lossGraph(h.last, b.rows, c.n, h.best != nil)
	if err != nil {
		return err
	}
	in := h.inputs(c, b)
	defer in.free()
	in.add(upload(h.dev, h.relative(b, c.first), b.rows))
	in.add(upload(h.dev, gather(b, h.lse), b.rows))
	in.add(upload(h.dev, gather(b, h.picked), b.rows))
	out, err := in.run(h.dev, x)
	if err != nil {
		return err
	}
	defer free(out...)
	for i, dst := range [][][]float32{h.lse, h.picked} {
		values, err := h.dev.read(out[i])
		if err != nil {
			return err
		}
		for _, p := range b.parts {
			copy(dst[p.seed], p.span(values, 1))
		}
	}
	if h.best != nil {
		if err := h.best.take(h.dev, c, b, out[2], out[3]); err != nil {
			return err
		}
	}
	h.tell(c, b, lossPasses)
	return nil
}

// tell reports a batch that is through a chunk.
func (h *headRun) tell(c chunk, b batch, passes float64) {
	share := float64(c.n) / float64(h.last.unembed.Out)
	for _, p := range b.parts {
		h.progress("head", arch.Outside, p.seed, passes*share*h.last.work(p.n))
	}
}

// inputs are what every graph of the head takes first: the rows and the chunk.
func (h *headRun) inputs(c chunk, b batch) *inputs {
	width := int(h.last.unembed.In)
	in := new(inputs)
	in.add(h.dev.fill(func(dst []float32) error { return b.read(h.h, width, dst) }, b.rows, width))
	in.borrow(c.params...)
	return in
}

// relative is a batch's labels counted from an entry of the vocabulary; -1 in padding.
func (h *headRun) relative(b batch, first int) []int32 {
	labels := slices.Repeat([]int32{-1}, b.rows)
	for _, p := range b.parts {
		for i, label := range h.labels[p.seed] {
			labels[p.first+i] = label - int32(first)
		}
	}
	return labels
}

// gather puts the seeds' values of a batch together, zeros in the padding.
func gather(b batch, values [][]float32) []float32 {
	all := make([]float32, b.rows)
	for _, p := range b.parts {
		copy(p.span(all, 1), values[p.seed])
	}
	return all
}

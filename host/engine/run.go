package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// run is one pass of some seeds through the model.
type run struct {
	*Engine
	samples []Sample
	lengths []int // tokens of each seed
	batches []batch
	scratch *scratch
	*meter
	name    func(seed int) string // of a seed in messages; nil: "seed 3 of 32"
	restore func()
	waited  time.Duration // for the checkpoint before the run

	compiling sync.WaitGroup // of graphs that are not needed yet
}

// newRun checks the samples. Without labels, none needs to count.
func (e *Engine) newRun(samples []Sample, labels bool) (*run, error) {
	if len(samples) == 0 {
		return nil, fmt.Errorf("no seeds")
	}
	r := &run{Engine: e, samples: samples, waited: e.ck.Waited()}
	r.meter = &meter{report: e.opts.Progress, layerCount: e.layers(), seedCount: len(samples)}
	for i, s := range samples {
		if err := e.check(s, labels); err != nil {
			return nil, r.seedError(i, err)
		}
		r.lengths = append(r.lengths, len(s.Tokens))
	}
	r.batches = e.dev.batches(r.lengths, e.sizing())
	var err error
	if r.scratch, err = newScratch(e.opts.Scratch); err != nil {
		return nil, err
	}
	r.restore = keepPace()
	return r, nil
}

func (r *run) close() {
	r.compiling.Wait()
	if r.opts.Clock != nil {
		r.opts.Clock.Loaded(r.ck.Waited()-r.waited, time.Duration(r.loads.Swap(0)))
	}
	r.scratch.close()
	r.restore()
}

// check refuses a sample that cannot be run.
func (e *Engine) check(s Sample, labels bool) error {
	if len(s.Tokens) == 0 {
		return fmt.Errorf("no tokens")
	}
	for _, l := range e.lookups {
		if err := l.check(s); err != nil {
			return err
		}
	}
	if !labels {
		return nil
	}
	if len(s.Labels) != len(s.Tokens) {
		return fmt.Errorf("%d labels for %d tokens", len(s.Labels), len(s.Tokens))
	}
	counted := false
	for i, label := range s.Labels {
		if label == ignored {
			continue
		}
		if label < 0 || int(label) >= e.arch.Vocab {
			return fmt.Errorf("label %d is %d, but there are %d logits", i, label, e.arch.Vocab)
		}
		counted = counted || i > 0
	}
	if !counted {
		return fmt.Errorf("no label counts: the first of them has no token before it to be predicted from")
	}
	return nil
}

// ignored is the label of a token that is not to be predicted.
const ignored = -100

func (r *run) seedError(seed int, err error) error {
	if r.name != nil {
		return &SampleError{seed, err, r.name(seed)}
	}
	return &SampleError{seed, err, fmt.Sprintf("seed %d of %d", seed+1, len(r.samples))}
}

// place names a layer in messages.
func (r *run) place(layer int, p *program) string {
	if layer == arch.Outside {
		return p.name
	}
	return fmt.Sprintf("layer %d", layer)
}

// forward pushes every seed through a program: from the in regions, one an input,
// to out. What is kept of the linear maps goes to keep.
func (r *run) forward(ctx context.Context, w *weights, batches []batch, in []region, out region, keep kept, phase string) error {
	p := w.program
	return parallel(ctx, r.dev.batchesAtOnce(), len(batches), func(i int) error {
		b := batches[i]
		x, err := r.dev.forwardGraph(p, b.rows, keep.maps)
		if err != nil {
			return err
		}
		given := r.inputs(p, b, in)
		defer given.free()
		given.borrow(w.given()...)
		outputs, err := given.run(r.dev, x)
		if err != nil {
			return err
		}
		defer free(outputs...)
		if err := r.store(b, outputs[0], out, phase, w); err != nil {
			return err
		}
		if err := keep.take(r.dev, b, outputs[1:]); err != nil {
			return err
		}
		for _, part := range b.parts {
			r.progress(phase, w.layer, part.seed, forwardPasses*p.work(part.n))
		}
		return nil
	})
}

// store keeps what a graph gave for each seed of a batch.
func (r *run) store(b batch, output compute.Buffer, out region, what string, w *weights) error {
	values, err := r.dev.read(output)
	if err != nil {
		return err
	}
	width := len(values) / b.rows
	for _, part := range b.parts {
		if err := finite(part.span(values, width), width); err != nil {
			return r.seedError(part.seed, fmt.Errorf("%s, %s: %w", r.place(w.layer, w.program), what, err))
		}
	}
	return b.write(out, width, values)
}

// inputs uploads what a program takes before its params: its inputs, whose row is
// whose, and the tables of its Rope steps.
func (r *run) inputs(p *program, b batch, in []region) *inputs {
	given := new(inputs)
	for i, port := range p.inputs {
		given.add(r.dev.fill(func(dst []float32) error { return b.read(in[i], port.width, dst) }, b.rows, port.width))
	}
	if r.dev.segmented(p) {
		given.add(upload(r.dev, b.segments(), b.rows))
	}
	for _, step := range p.ropes {
		n := len(step.Frequencies.InvFreq)
		cos, sin := make([]float32, b.rows*n), make([]float32, b.rows*n)
		for _, part := range b.parts {
			t := r.rotations.table(step, part.n)
			copy(part.span(cos, n), t.cos)
			copy(part.span(sin, n), t.sin)
		}
		given.add(upload(r.dev, cos, b.rows, n))
		given.add(upload(r.dev, sin, b.rows, n))
	}
	return given
}

// finite refuses a NaN or an infinity among rows of the given width.
func finite(values []float32, width int) error {
	for i, v := range values {
		if v-v != 0 {
			return fmt.Errorf("%v at token %d, entry %d", v, i/width, i%width)
		}
	}
	return nil
}

package engine

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/neuralnuggets/nugget/plugins/arch"
)

// run is one pass of some seeds through the model.
type run struct {
	*Engine
	samples []Sample
	lengths []int // tokens of each seed
	scratch *scratch
	*meter
}

// newRun checks the samples. Without labels, none needs to count.
func (e *Engine) newRun(samples []Sample, labels bool) (*run, error) {
	if len(samples) == 0 {
		return nil, fmt.Errorf("no seeds")
	}
	r := &run{Engine: e, samples: samples}
	r.meter = &meter{report: e.opts.Progress, layerCount: e.layers(), seedCount: len(samples)}
	for i, s := range samples {
		if err := e.check(s, labels); err != nil {
			return nil, r.seedError(i, err)
		}
		r.lengths = append(r.lengths, len(s.Tokens))
	}
	var err error
	r.scratch, err = newScratch(e.opts.Scratch)
	return r, err
}

func (r *run) close() { r.scratch.close() }

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
	return fmt.Errorf("seed %d of %d: %w", seed+1, len(r.samples), err)
}

// place names a layer in messages.
func (r *run) place(layer int, p *program) string {
	if layer == arch.Outside {
		return p.name
	}
	return fmt.Sprintf("layer %d", layer)
}

// forward pushes every seed through a program: from the in regions, one an input,
// to out. rows[seed] is the number of rows a seed has there.
func (r *run) forward(ctx context.Context, w *weights, rows []int, in []region, out region, phase string) error {
	p := w.program
	return parallel(ctx, r.dev.seeds(), len(rows), func(seed int) error {
		tokens := r.dev.pad(rows[seed])
		x, err := r.dev.forwardGraph(p, tokens)
		if err != nil {
			return err
		}
		inputs, err := r.inputs(p, seed, rows[seed], tokens, in)
		defer func() { free(inputs...) }()
		if err != nil {
			return err
		}
		outputs, err := r.dev.run(x, append(append([]compute.Buffer(nil), inputs...), w.buffers...))
		if err != nil {
			return err
		}
		defer free(outputs...)
		values, err := r.dev.read(outputs[0])
		if err != nil {
			return err
		}
		if err := finite(values[:out.sizes[seed]], out.sizes[seed]/rows[seed]); err != nil {
			return r.seedError(seed, fmt.Errorf("output of %s: %w", r.place(w.layer, p), err))
		}
		r.progress(phase, w.layer, seed, forwardPasses*p.work(rows[seed]))
		return out.write(seed, values)
	})
}

// inputs uploads what a program takes before its params: its inputs, padded with
// zeros, and the tables of its Rope steps.
func (r *run) inputs(p *program, seed, rows, tokens int, in []region) ([]compute.Buffer, error) {
	var buffers []compute.Buffer
	for i, port := range p.inputs {
		b, err := r.dev.fill(func(dst []float32) error { return in[i].read(seed, dst) }, tokens, port.width)
		if err != nil {
			return buffers, err
		}
		buffers = append(buffers, b)
	}
	for _, step := range p.ropes {
		t := r.rotations.table(step, rows, tokens)
		for _, values := range [][]float32{t.cos, t.sin} {
			b, err := upload(r.dev, values[:tokens*t.n], tokens, t.n)
			if err != nil {
				return buffers, err
			}
			buffers = append(buffers, b)
		}
	}
	return buffers, nil
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

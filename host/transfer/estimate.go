package transfer

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// Estimate is what a transfer will take, by a trial on this machine: the first layers of
// the teacher and some of the samples go the whole way, and their time is scaled up.
type Estimate struct {
	Backend string
	Samples int // in the trial
	Layers  int

	Compile time.Duration // graphs
	Model   time.Duration // the layers, forward and backward
	Head    time.Duration // embeddings, logits and losses
	Factors time.Duration // scores, windows and factors

	Kept    int64 // bytes of the factors in memory
	Scratch int64 // bytes of the scratch file
}

// Total is the time of all parts.
func (e *Estimate) Total() time.Duration { return e.Compile + e.Model + e.Head + e.Factors }

const (
	trialLayers = 2
	// trialTime bounds the second run of a trial, about.
	trialTime = 8 * time.Second
	// trialSamples is how many samples it has at least: they run side by side.
	trialSamples = 8
)

// NewEstimate runs the trial. It takes as much memory as the transfer will, but for the
// factors that are kept.
func NewEstimate(ctx context.Context, teacher, student Model, samples []seeds.Sample, opts Options) (*Estimate, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	p, err := newPlan(teacher, student, opts)
	if err != nil {
		return nil, err
	}
	short := *teacher.Arch
	short.Layers = short.Layers[:min(trialLayers, len(short.Layers))]
	t := &trial{ctx: ctx, plan: p, layers: len(short.Layers)}
	t.told, opts.Engine.Progress = opts.Engine.Progress, t.progress
	if t.engine, err = engine.New(ctx, teacher.Checkpoint, &short, opts.Engine); err != nil {
		return nil, err
	}
	defer t.engine.Close()

	t.engine.Foresee(samples) // so that graphs of one size do for both runs

	// Once with the samples that the graphs' sizes come from; what this takes longer than
	// it would again is compiling. Then with as many as there is time for.
	of := sizes(samples)
	first, err := t.run(samplesAt(samples, of), true)
	if err != nil {
		return nil, err
	}
	n := int(float64(len(samples)) * float64(trialTime) / float64(first.of(t.engine, samples)+1))
	second, err := t.run(samplesAt(samples, spread(samples, of, max(n, trialSamples))), false)
	if err != nil {
		return nil, err
	}
	e, err := second.whole(p, t.engine, samples, t.layers)
	if err != nil {
		return nil, err
	}
	e.Backend = t.engine.Backend()
	e.Compile = max(0, first.model+first.head-second.of(t.engine, first.samples))
	e.Factors += first.embeddings
	return e, nil
}

// trial measures runs through the first layers.
type trial struct {
	ctx    context.Context
	plan   *plan
	engine *engine.Engine
	layers int
	told   func(engine.Progress)

	spent
	clock time.Time // what is spent up to here is booked
}

// spent is where the time of a run goes.
type spent struct {
	samples       []seeds.Sample
	model, head   time.Duration
	score, factor time.Duration // of the layers
	embeddings    time.Duration // windows and factors of these
}

// run runs samples. embeddings says whether these are factorised too.
func (t *trial) run(samples []seeds.Sample, embeddings bool) (spent, error) {
	t.spent, t.clock = spent{samples: samples}, time.Now()
	v := newVisitor(t.ctx, t.plan)
	_, err := t.engine.Sensitivity(t.ctx, samples, func(g engine.Group) error {
		t.book(t.account(g.Layer))
		if g.Layer != arch.Outside {
			return t.visit(v, g)
		}
		if !embeddings {
			return nil
		}
		err := v.visitOutside(weightsOf(g))
		t.book(&t.embeddings)
		return err
	})
	t.book(&t.head)
	return t.spent, err
}

// visit scores a layer, and takes windows and factors for every class of the student's.
func (t *trial) visit(v *visitor, g engine.Group) error {
	score(g)
	t.book(&t.score)
	tensors := weightsOf(g)
	for _, c := range distinct(t.plan.classes) {
		if _, err := v.takeLayer(t.plan.targets[c], t.plan.sources[g.Layer], tensors); err != nil {
			return err
		}
	}
	t.book(&t.factor)
	return nil
}

// progress is the engine's: a piece of work is done.
func (t *trial) progress(p engine.Progress) {
	t.book(t.account(p.Layer))
	if t.told != nil {
		p.Phase, p.Layer = "trial", arch.Outside
		t.told(p)
	}
}

func (t *trial) account(layer int) *time.Duration {
	if layer == arch.Outside {
		return &t.head
	}
	return &t.model
}

// book adds the time since the last call.
func (t *trial) book(to *time.Duration) {
	now := time.Now()
	*to += now.Sub(t.clock)
	t.clock = now
}

// of is how long a run of other samples through the same layers would take.
func (s spent) of(e *engine.Engine, samples []seeds.Sample) time.Duration {
	layers, head := e.Rows(s.samples)
	layersAll, headAll := e.Rows(samples)
	return scaled(s.model, layersAll, layers) + scaled(s.head, headAll, head)
}

// whole is what a run of all samples through the whole model would take.
func (s spent) whole(p *plan, e *engine.Engine, samples []seeds.Sample, layers int) (*Estimate, error) {
	rows, head := e.Rows(s.samples)
	rowsAll, headAll := e.Rows(samples)
	work, workAll := 0, 0
	for l := range p.depth.teacher {
		n := 0
		for _, m := range p.teacher.Arch.LayerModules(l) {
			n += m.Out * max(m.In, 1)
		}
		if workAll += n; l < layers {
			work += n
		}
	}
	kept, _, err := e.Keeps(s.samples, layers)
	if err != nil {
		return nil, err
	}
	keptAll, scratch, err := e.Keeps(samples, p.depth.teacher)
	if err != nil {
		return nil, err
	}
	passes := float64(engine.LayerPasses) - engine.KeptPasses*float64(kept)/float64(layers)
	passesAll := float64(engine.LayerPasses) - engine.KeptPasses*float64(keptAll)/float64(p.depth.teacher)
	model := time.Duration(float64(s.model) * passesAll / passes)
	r := &Estimate{
		Samples: len(s.samples), Layers: layers,
		Model:   scaled(scaled(model, rowsAll, rows), workAll, work),
		Head:    scaled(s.head, headAll, head),
		Factors: scaled(s.score, p.depth.teacher, layers) + time.Duration(float64(s.factor)*p.layersTaken()/float64(layers)),
	}
	for _, n := range p.entries() {
		r.Kept += 4 * int64(p.opts.Rank) * n
	}
	tokens, counted := 0, 0
	for _, x := range samples {
		tokens += len(x.Tokens)
		counted += countedOf(x)
	}
	r.Scratch = scratch + 4*int64(p.teacher.Arch.Hidden)*int64(tokens*(p.depth.teacher+2)+4*counted)
	for _, m := range p.teacher.Arch.Modules {
		if m.TiedTo != "" { // its S waits there for the embedding's part
			r.Scratch += 4 * int64(m.Out) * int64(m.In)
		}
	}
	return r, nil
}

func scaled(d time.Duration, all, part int) time.Duration {
	return time.Duration(float64(d) * float64(all) / float64(max(part, 1)))
}

// layersTaken is of how many of the teacher's layers factors are taken, about, where each
// counts for the share of the student's classes that it serves. With the scores in no
// order the i-th layer seen is among the best n so far with a chance of n/i.
func (p *plan) layersTaken() float64 {
	classes := float64(len(distinct(p.classes)))
	served := 0.0
	for l := range p.depth.teacher {
		var of []int
		for _, k := range p.depth.students(l) {
			of = append(of, p.classes[k])
		}
		served += float64(len(distinct(of))) / classes
	}
	if p.depth.fixed() != nil {
		return served
	}
	taken := 0.0
	for i := range p.depth.teacher {
		taken += min(1, float64(p.depth.student)/float64(i+1))
	}
	return taken * served / float64(p.depth.teacher)
}

func distinct(values []int) []int { return slices.Compact(slices.Sorted(slices.Values(values))) }

// sizes are the samples that the sizes of graphs depend on: the one with the most tokens,
// the one with the most that count, and of those that don't share a graph one each.
func sizes(samples []seeds.Sample) []int {
	const shared, step = 512, 256 // tokens, as the engine has them
	tokens, counted := 0, 0
	seen := make(map[int]bool)
	var list []int
	for i, s := range samples {
		if len(s.Tokens) > len(samples[tokens].Tokens) {
			tokens = i
		}
		if countedOf(s) > countedOf(samples[counted]) {
			counted = i
		}
		if n := (len(s.Tokens) + step - 1) / step; len(s.Tokens) > shared && !seen[n] {
			seen[n] = true
			list = append(list, i)
		}
	}
	return distinct(append(list, tokens, counted))
}

// spread takes n samples, of all lengths, and some that must be among them.
func spread(samples []seeds.Sample, must []int, n int) []int {
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(samples[a].Tokens), len(samples[b].Tokens)) })
	n = min(n, len(samples))
	list := slices.Clone(must)
	for i := range n {
		list = append(list, order[(2*i+1)*len(samples)/(2*n)])
	}
	return distinct(list)
}

func samplesAt(samples []seeds.Sample, which []int) []seeds.Sample {
	list := make([]seeds.Sample, len(which))
	for i, k := range which {
		list[i] = samples[k]
	}
	return list
}

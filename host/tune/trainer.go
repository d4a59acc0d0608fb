package tune

import (
	"context"
	"fmt"
	"math"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/engine"
)

// Training is what Run needs.
type Training struct {
	Engine *engine.Engine
	Start  Start
	Train  Data
	Eval   Data // no samples: nothing is evaluated
	Options

	// Dir is where checkpoints and metrics go, and the adapter in the end. It exists
	// and is nobody else's.
	Dir string
	// Inputs are what the run's bytes depend on besides the Options, by name, such as
	// the student's fingerprint. A checkpoint is only gone on from with equal ones.
	Inputs map[string]string
	// Resume goes on from the newest checkpoint in Dir, if there is one.
	Resume bool

	// Files gives what is put beside the adapter in the end, by name; nil: nothing.
	Files func(Result) (map[string][]byte, error)
	// Report is told when the first step begins, when one ends, and when an evaluation or
	// a save begins and ends; Message, a line at a time, of what is worth saying.
	// nil: nobody is.
	Report  func(Progress)
	Message func(line string)
}

// Start is what a training begins with.
type Start struct {
	Adapter *peft.Adapter
	// Negative, when not nil, is part of the engine's base weights (engine.Options.Delta
	// adds it): the adapter of the same modules that Adapter is to be put on together
	// with. Adapter alone then is what learns, and with Negative makes a plain adapter
	// on the unmodified student, of both ranks together, which is the result.
	Negative *peft.Adapter
	// Fold says that this is all. Else Adapter as it was trained, for the student with
	// Negative merged into it, lies in the folder init/ of the result.
	Fold bool
}

// Data are samples and the file they come from, for messages.
type Data struct {
	Name    string
	Samples []engine.Sample
}

// Progress is a step that is done, or how far one is.
type Progress struct {
	Step, Steps int     // done, of all
	Share       float64 // of the next step
	Phase       string  // "train", "eval", "save"
	Loss        float64 // of the last step
	Tokens      int     // that have gone through the model in this run
}

// Result is how a training ended.
type Result struct {
	Steps  int     `json:"steps"`
	Loss   float64 `json:"loss"`   // of the last step
	Tokens int     `json:"tokens"` // that counted, of all steps
	// Eval is the loss on the data for evaluation, the mean of the samples'; nil: there
	// is none.
	Eval *EvalResult `json:"eval,omitempty"`
}

// EvalResult is a loss before the first and after the last step.
type EvalResult struct {
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// trainer is a run at work.
type trainer struct {
	*Training
	plan
	*student
	order    *order
	metrics  *metrics
	done     int // steps
	saved    int // the newest checkpoint's
	progress Progress
	result   Result

	ended        bool // from outside
	interruption int  // the step of the checkpoint gone on from, if it is one's
}

// Check refuses settings and samples that cannot be trained with.
func (t *Training) Check() error {
	if err := t.Options.Check(); err != nil {
		return err
	}
	if len(t.Train.Samples) == 0 {
		return fmt.Errorf("%s: no samples", t.Train.Name)
	}
	for _, d := range []Data{t.Train, t.Eval} {
		if err := t.Engine.Check(d.Samples); err != nil {
			where := d.lines(d.Samples, &err)
			return hint.With(fmt.Errorf("%s: %w", where, err), "were the tokens made with this model's tokenizer?")
		}
	}
	return nil
}

// Run trains. When the context ends between two steps' ends, what is done so far is
// saved as a checkpoint before Run returns.
func Run(ctx context.Context, t *Training) (*Result, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	r := &trainer{Training: t, plan: t.Options.plan(len(t.Train.Samples))}
	r.order = &order{plan: r.plan, seed: t.Seed, inOrder: t.InOrder}
	if t.EvalEvery == 0 {
		t.EvalEvery = r.plan.epoch
	}
	if t.SaveEvery == 0 {
		t.SaveEvery = r.plan.epoch
	}
	var err error
	if r.student, err = newStudent(t.Engine, t.Start.Adapter); err != nil {
		return nil, err
	}
	t.Engine.Foresee(t.Train.Samples)
	t.Engine.Foresee(t.Eval.Samples)
	if err := r.begin(); err != nil {
		return nil, err
	}
	defer r.metrics.close()
	if err := r.steps(ctx); err != nil {
		return nil, err
	}
	return &r.result, r.finish()
}

// steps goes from what is done to the end.
func (r *trainer) steps(ctx context.Context) error {
	r.tell("train", 0)
	if r.done == 0 {
		if err := r.evaluate(ctx); err != nil {
			return err
		}
	}
	for r.done < r.total {
		if err := r.step(ctx); err != nil {
			if ctx.Err() != nil {
				return r.interrupted(err)
			}
			return err
		}
		last := r.done == r.total
		if last || r.done%r.EvalEvery == 0 {
			if err := r.evaluate(ctx); err != nil {
				return err
			}
		}
		if last || r.done%r.SaveEvery == 0 {
			if err := r.save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// step is one step of the optimizer.
func (r *trainer) step(ctx context.Context) error {
	what := fmt.Sprintf("step %d of %d", r.done+1, r.total)
	indices := r.order.step(r.done)
	samples := make([]engine.Sample, len(indices))
	for i, index := range indices {
		samples[i] = r.Train.Samples[index]
	}
	loss, tokens, err := r.learn(ctx, samples, r.BatchSize)
	if err != nil {
		return r.failure(what, r.Train, samples, err)
	}
	norm := clip(r.parameters, r.MaxNorm)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return r.failure(what, r.Train, samples, &notFinite{fmt.Sprintf("the norm of the gradients is %v", norm)})
	}
	rate := r.LearningRate * r.rate(r.Schedule, r.done)
	r.Options.step(r.parameters, r.done+1, rate)
	r.done++
	for _, s := range samples {
		r.progress.Tokens += len(s.Tokens)
	}
	r.result.Tokens += tokens
	r.result.Loss = loss
	r.progress.Loss = loss
	r.tell("train", 0)
	if err := r.metrics.write(stepMetrics{
		Step: r.done, Epoch: float64(r.done) / float64(r.plan.epoch), Loss: loss, Rate: rate, Norm: norm,
		Samples: len(samples), Tokens: tokens,
	}); err != nil {
		return r.failure(what, r.Train, samples, err)
	}
	return nil
}

package tune

import (
	"context"
	"fmt"
)

// evaluate measures the loss on the data for evaluation.
func (r *trainer) evaluate(ctx context.Context) error {
	samples := r.Eval.Samples
	if len(samples) == 0 {
		return nil
	}
	r.tell("eval", 0)
	defer r.tell("train", 0)
	losses, err := r.engine.Losses(ctx, samples)
	if err != nil {
		return r.failure(fmt.Sprintf("evaluation after step %d of %d", r.done, r.total), r.Eval, samples, err)
	}
	line := evalMetrics{Step: r.done, EvalSamples: len(samples), EvalTokens: counted(samples)}
	for i, l := range losses {
		line.EvalLoss += l / float64(len(losses))
		line.EvalTokenLoss += l * float64(counted(samples[i:i+1])) / float64(line.EvalTokens)
	}
	if r.done == 0 || r.result.Eval == nil {
		r.result.Eval = &EvalResult{Before: line.EvalLoss}
	}
	r.result.Eval.After = line.EvalLoss
	r.say(fmt.Sprintf("step %d of %d: loss %.4f on %s", r.done, r.total, line.EvalLoss, r.Eval.Name))
	return r.metrics.write(line)
}

// tell reports how far the run is.
func (r *trainer) tell(phase string, share float64) {
	if r.Report == nil {
		return
	}
	r.progress.Step, r.progress.Steps, r.progress.Phase, r.progress.Share = r.done, r.total, phase, share
	r.Report(r.progress)
}

func (r *trainer) say(line string) {
	if r.Message != nil {
		r.Message(line)
	}
}

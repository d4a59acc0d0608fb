package tune

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Options are the settings of a training. Defaults has the paper's.
type Options struct {
	Epochs float64 `json:"epochs"` // passes over the data, which may end within one
	Steps  int     `json:"steps"`  // of the optimizer, when not 0 in place of Epochs

	BatchSize    int `json:"batch_size"`            // samples that go through the model together
	Accumulation int `json:"gradient_accumulation"` // such batches a step

	LearningRate float64 `json:"learning_rate"`
	Schedule     string  `json:"schedule"` // see Schedules
	Warmup       float64 `json:"warmup"`   // share of the steps, or from 1 on a number of them

	Beta1       float64 `json:"beta1"`
	Beta2       float64 `json:"beta2"`
	Epsilon     float64 `json:"epsilon"`
	WeightDecay float64 `json:"weight_decay"`
	MaxNorm     float64 `json:"max_norm"` // gradients are clipped to; 0: they are not

	Seed    uint64 `json:"seed"`
	InOrder bool   `json:"in_order"` // the samples come as the file has them

	// EvalEvery and SaveEvery are in steps; 0: at the end of each epoch. After the last
	// step both happen in any case.
	EvalEvery int `json:"-"`
	SaveEvery int `json:"-"`
	// Keep is how many checkpoints stay; 0: all.
	Keep int `json:"-"`
}

// Defaults are those of the paper's released code; what it leaves open is as in
// transformers' TrainingArguments.
func Defaults() Options {
	return Options{
		Epochs: 3, BatchSize: 64, Accumulation: 1,
		LearningRate: 3e-4, Schedule: "linear", Warmup: 0.03,
		Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, MaxNorm: 1,
	}
}

// Check refuses what cannot be.
func (o Options) Check() error {
	fraction := func(v float64) bool { return v >= 0 && v < 1 }
	for _, c := range []struct {
		ok   bool
		what string
		v    any
		want string
	}{
		{o.Steps > 0 || o.Epochs > 0 && !math.IsInf(o.Epochs, 0), "epochs", o.Epochs, "more than 0"},
		{o.Steps >= 0, "steps", o.Steps, "at least 0"},
		{o.BatchSize > 0, "batch size", o.BatchSize, "at least 1"},
		{o.Accumulation > 0, "gradient accumulation", o.Accumulation, "at least 1"},
		{o.LearningRate >= 0 && !math.IsInf(o.LearningRate, 0), "learning rate", o.LearningRate, "at least 0"},
		{slices.Contains(Schedules, o.Schedule), "schedule", o.Schedule, strings.Join(Schedules, ", ")},
		{o.Warmup >= 0 && !math.IsInf(o.Warmup, 0), "warm-up", o.Warmup, "at least 0"},
		{fraction(o.Beta1), "beta1", o.Beta1, "0 or more and less than 1"},
		{fraction(o.Beta2), "beta2", o.Beta2, "0 or more and less than 1"},
		{o.Epsilon >= 0 && !math.IsInf(o.Epsilon, 0), "epsilon", o.Epsilon, "at least 0"},
		{o.WeightDecay >= 0 && !math.IsInf(o.WeightDecay, 0), "weight decay", o.WeightDecay, "at least 0"},
		{o.MaxNorm >= 0 && !math.IsInf(o.MaxNorm, 0), "gradient norm", o.MaxNorm, "at least 0"},
		{o.EvalEvery >= 0 && o.SaveEvery >= 0 && o.Keep >= 0, "intervals", [3]int{o.EvalEvery, o.SaveEvery, o.Keep}, "at least 0"},
	} {
		if !c.ok {
			return fmt.Errorf("%s %v: expected %s", c.what, c.v, c.want)
		}
	}
	return nil
}

// plan is how the samples make steps.
type plan struct {
	samples int // of the data
	perStep int
	epoch   int // steps of an epoch; its last one may have fewer samples
	total   int
	warmup  int
}

// plan counts as transformers' Trainer does.
func (o Options) plan(samples int) plan {
	p := plan{samples: samples, perStep: o.BatchSize * o.Accumulation}
	p.epoch = (samples + p.perStep - 1) / p.perStep
	p.total = o.Steps
	if p.total == 0 {
		p.total = int(math.Ceil(o.Epochs * float64(p.epoch)))
	}
	p.warmup = int(o.Warmup)
	if o.Warmup < 1 {
		p.warmup = int(math.Ceil(float64(p.total) * o.Warmup))
	}
	return p
}

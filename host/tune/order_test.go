package tune

import (
	"math"
	"slices"
	"testing"
)

func orderOf(samples, batch int, seed uint64, inOrder bool) *order {
	o := Defaults()
	o.BatchSize = batch
	return &order{plan: o.plan(samples), seed: seed, inOrder: inOrder}
}

func TestAnEpochHasEverySampleOnce(t *testing.T) {
	o := orderOf(23, 5, 3, false)
	var before []int
	for epoch := range 3 {
		var all []int
		for step := range o.plan.epoch {
			all = append(all, o.step(epoch*o.plan.epoch+step)...)
		}
		if slices.Equal(all, before) {
			t.Errorf("epoch %d has the order of the one before", epoch)
		}
		before = slices.Clone(all)
		slices.Sort(all)
		for i, index := range all {
			if i != index {
				t.Fatalf("epoch %d: %v", epoch, all)
			}
		}
		if len(all) != 23 {
			t.Fatalf("epoch %d has %d samples", epoch, len(all))
		}
	}
}

// The order is a promise: a run that goes on with a later release must find it.
func TestOrderIsFixedForever(t *testing.T) {
	want := []int{6, 2, 7, 4, 3, 0, 5, 1}
	if got := orderOf(8, 8, 0, false).step(0); !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	if got := orderOf(8, 8, 1, false).step(0); slices.Equal(got, want) {
		t.Error("another seed gives the same order")
	}
	if got := orderOf(4, 3, 9, true).step(0); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("in order: %v", got)
	}
	if got := orderOf(4, 3, 9, true).step(3); !slices.Equal(got, []int{3}) {
		t.Errorf("the last step of the second epoch: %v", got)
	}
}

// A step asked for alone is the one that comes in its turn, as a run that goes on needs.
func TestStepsDoNotDependOnThoseBefore(t *testing.T) {
	inTurn := orderOf(30, 4, 5, false)
	for step := range 3 * inTurn.plan.epoch {
		want := inTurn.step(step)
		if got := orderOf(30, 4, 5, false).step(step); !slices.Equal(got, want) {
			t.Fatalf("step %d: %v, want %v", step, got, want)
		}
	}
}

func TestPlanCountsAsTheTrainer(t *testing.T) {
	for _, c := range []struct {
		samples int
		change  func(*Options)
		want    plan
	}{
		{1000, func(o *Options) {}, plan{samples: 1000, perStep: 64, epoch: 16, total: 48, warmup: 2}},
		{10, func(o *Options) { o.BatchSize, o.Accumulation = 2, 3 }, plan{samples: 10, perStep: 6, epoch: 2, total: 6, warmup: 1}},
		{10, func(o *Options) { o.BatchSize, o.Epochs = 4, 0.5 }, plan{samples: 10, perStep: 4, epoch: 3, total: 2, warmup: 1}},
		{10, func(o *Options) { o.Steps, o.Warmup = 7, 0 }, plan{samples: 10, perStep: 64, epoch: 1, total: 7, warmup: 0}},
		{10, func(o *Options) { o.Steps, o.Warmup = 100, 12 }, plan{samples: 10, perStep: 64, epoch: 1, total: 100, warmup: 12}},
	} {
		o := Defaults()
		c.change(&o)
		if got := o.plan(c.samples); got != c.want {
			t.Errorf("%d samples, %+v: %+v, want %+v", c.samples, o, got, c.want)
		}
	}
}

// transformers' get_*_schedule_with_warmup(optimizer, 2, 10) has these shares.
func TestSchedulesAreTransformers(t *testing.T) {
	p := plan{total: 10, warmup: 2}
	for schedule, want := range map[string][]float64{
		"linear":   {0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125},
		"cosine":   {0, 0.5, 1, 0.96193977, 0.85355339, 0.69134172, 0.5, 0.30865828, 0.14644661, 0.03806023},
		"constant": {0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1},
	} {
		for step, w := range want {
			if got := p.rate(schedule, step); math.Abs(got-w) > 1e-8 {
				t.Errorf("%s, step %d: %v, want %v", schedule, step, got, w)
			}
		}
	}
}

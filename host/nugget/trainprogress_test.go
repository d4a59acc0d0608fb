package main

import (
	"testing"
	"time"

	"github.com/neuralnuggets/nugget/host/tune"
)

// A run that goes on from step 10 of 100, at 2 seconds a step of 500 tokens: what
// evaluations and saves take counts for the time that is left, not for the speed.
func TestTrainingsLine(t *testing.T) {
	begun := time.Now()
	p := &trainProgress{}
	at := func(seconds int, phase string, step int) {
		p.take(tune.Progress{Step: step, Steps: 100, Phase: phase, Loss: 1.25, Tokens: 500 * (step - 10)}, begun.Add(time.Duration(seconds)*time.Second))
	}
	line := func(seconds int) string {
		return p.line(time.Duration(seconds)*time.Second, 512<<20)
	}
	at(0, "train", 10)
	if got, want := line(0), "step 10 of 100, 512 MiB"; got != want {
		t.Errorf("at the beginning %q, want %q", got, want)
	}
	at(2, "train", 11)
	at(4, "train", 12)
	if got, want := line(4), "step 12 of 100, loss 1.2500, 250 tokens/s, about 3:00 left, 512 MiB"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	at(4, "eval", 12)
	if got, want := line(10), "step 12 of 100 (eval), loss 1.2500, 250 tokens/s, about 7:20 left, 512 MiB"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	at(14, "train", 12)
	at(16, "train", 13)
	if got, want := line(16), "step 13 of 100, loss 1.2500, 250 tokens/s, about 7:40 left, 512 MiB"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

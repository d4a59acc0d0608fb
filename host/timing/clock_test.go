package timing

import (
	"testing"
	"time"
)

func TestPartsAddUpToTheWhole(t *testing.T) {
	began := time.Now()
	c := Start()
	endForward := c.Begin(Forward)
	time.Sleep(3 * time.Millisecond)
	endS := c.Begin(S)
	time.Sleep(3 * time.Millisecond)
	endForward()
	time.Sleep(3 * time.Millisecond)
	endS()
	time.Sleep(3 * time.Millisecond)
	parts := make(map[Phase]Spent)
	var sum time.Duration
	for _, s := range c.Table() {
		parts[s.Phase] = s
		sum += s.Wall
	}
	whole := time.Since(began)
	if sum > whole || sum < 12*time.Millisecond {
		t.Errorf("%v in all, the parts are %v", whole, parts)
	}
	for _, p := range []Phase{Forward, S} { // each alone for one sleep, and half of another
		if parts[p].Wall < 4500*time.Microsecond {
			t.Errorf("%s: %v", p, parts[p])
		}
	}
	if parts[Other].Wall < 3*time.Millisecond {
		t.Errorf("other: %v", parts[Other])
	}
}

func TestLoadingIsShownAsReadingAndDecoding(t *testing.T) {
	c := Start()
	end := c.Begin(Load)
	time.Sleep(4 * time.Millisecond)
	end()
	c.Loaded(3*time.Second, 12*time.Second)
	var read, decode time.Duration
	for _, s := range c.Table() {
		switch s.Phase {
		case Read:
			read = s.Wall
		case Decode:
			decode = s.Wall
		case Load:
			t.Error("load is shown")
		}
	}
	if read == 0 || decode < 2*read || decode > 4*read {
		t.Errorf("read %v, decode %v, expected one and three parts", read, decode)
	}
}

func TestNoClockDoesNothing(t *testing.T) {
	var c *Clock
	c.Begin(S)()
	c.Loaded(1, 2)
}

package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/tune"
)

// trainProgress shows how far a training is, by the rules of progress.
type trainProgress struct {
	ui    *terminal
	start time.Time
	done  chan struct{}
	ended sync.WaitGroup
	once  sync.Once

	mu      sync.Mutex
	last    tune.Progress
	since   time.Time     // of the last report
	trained time.Duration // but for evaluations and saves
	first   int           // step that this run began at
	share   float64       // of the pass at work
	began   bool
	next    time.Duration
	step    time.Duration
}

// newTrainProgress begins to show. stop must be called.
func (a *app) newTrainProgress() *trainProgress {
	p := &trainProgress{ui: a.ui, done: make(chan struct{}), next: firstLine, step: firstLine}
	p.ended.Go(func() {
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				p.show(now)
			case <-p.done:
				return
			}
		}
	})
	return p
}

// report takes in a finished step.
func (p *trainProgress) report(done tune.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(done, time.Now())
}

func (p *trainProgress) take(done tune.Progress, now time.Time) {
	switch {
	case !p.began:
		p.began, p.start, p.first = true, now, done.Step
	case p.last.Phase == "train":
		p.trained += now.Sub(p.since)
	}
	p.last, p.since, p.share = done, now, 0
}

// within takes in how far a pass of the engine is. A step of several has its first one's
// share until it is done.
func (p *trainProgress) within(done engine.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share = max(p.share, done.Share)
}

// stop takes the status line away. It may be called again.
func (p *trainProgress) stop() {
	p.once.Do(func() { close(p.done) })
	p.ended.Wait()
	p.ui.setStatus("")
}

// show draws the line if it is due.
func (p *trainProgress) show(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.began || p.ui.quiet {
		return
	}
	elapsed := now.Sub(p.start)
	if p.ui.fd < 0 {
		if elapsed >= p.next {
			p.ui.message(p.line(elapsed, resident()))
			p.step = min(2*p.step, maxStep)
			p.next = elapsed + p.step
		}
		return
	}
	line := p.line(elapsed, resident())
	width := p.ui.width()
	if cells := min(width-len(line)-4, 40); cells >= 5 {
		full := int(p.ofAll() * float64(cells))
		line += " [" + strings.Repeat("#", full) + strings.Repeat("-", cells-full) + "]"
	}
	p.ui.setStatus(line[:max(0, min(len(line), width-1))])
}

// ofAll is the share of all steps that is done.
func (p *trainProgress) ofAll() float64 {
	within := p.share
	if p.last.Phase != "train" {
		within = 0
	}
	return min((float64(p.last.Step)+within)/float64(max(p.last.Steps, 1)), 1)
}

func (p *trainProgress) line(elapsed time.Duration, memory uint64) string {
	parts := []string{fmt.Sprintf("step %d of %d", p.last.Step, p.last.Steps)}
	if p.last.Phase != "train" {
		parts[0] += " (" + p.last.Phase + ")"
	}
	if p.last.Step > p.first {
		parts = append(parts, fmt.Sprintf("loss %.4f", p.last.Loss))
	}
	if p.last.Tokens > 0 && p.trained > 0 {
		parts = append(parts, fmt.Sprintf("%.0f tokens/s", float64(p.last.Tokens)/p.trained.Seconds()))
	}
	before := float64(p.first) / float64(max(p.last.Steps, 1))
	if left, ok := remaining((p.ofAll()-before)/max(1-before, 1e-9), elapsed); ok {
		parts = append(parts, "about "+clock(left)+" left")
	}
	return strings.Join(append(parts, bytesize(memory)), ", ")
}

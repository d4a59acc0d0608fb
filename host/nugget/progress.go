package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/plugins/arch"
)

// progress shows how far a run is: a status line on a terminal, else plain lines
// that become ever more seldom.
type progress struct {
	ui     *terminal
	memory func() uint64
	start  time.Time
	done   chan struct{}
	ended  sync.WaitGroup
	once   sync.Once

	mu    sync.Mutex
	last  engine.Progress
	next  time.Duration // when the next plain line is due
	step  time.Duration
	began bool
}

const (
	redraw    = 200 * time.Millisecond
	firstLine = 5 * time.Second
	maxStep   = 5 * time.Minute
)

// newProgress begins to show. stop must be called.
func (a *app) newProgress() *progress {
	p := &progress{ui: a.ui, memory: resident, start: time.Now(), done: make(chan struct{}), next: firstLine, step: firstLine}
	p.ended.Go(func() {
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				p.show(now.Sub(p.start))
			case <-p.done:
				return
			}
		}
	})
	return p
}

// report takes in a finished piece of work.
func (p *progress) report(done engine.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.began = done, true
}

// stop takes the status line away. It may be called again.
func (p *progress) stop() {
	p.once.Do(func() { close(p.done) })
	p.ended.Wait()
	p.ui.setStatus("")
}

// show draws the line if it is due.
func (p *progress) show(elapsed time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.began || p.ui.quiet {
		return
	}
	if p.ui.fd >= 0 {
		p.ui.setStatus(statusLine(p.last, elapsed, p.memory(), p.ui.width()))
		return
	}
	if elapsed < p.next {
		return
	}
	p.ui.message(plainLine(p.last, elapsed, p.memory()))
	p.step = min(2*p.step, maxStep)
	p.next = elapsed + p.step
}

// place says where a run is: "backward, layer 3 of 30".
func place(p engine.Progress) string {
	if p.Layer == arch.Outside {
		return p.Phase
	}
	return fmt.Sprintf("%s, layer %d of %d", p.Phase, p.Layer+1, p.Layers)
}

func plainLine(p engine.Progress, elapsed time.Duration, memory uint64) string {
	parts := []string{place(p), fmt.Sprintf("%.0f%% done", 100*p.Share)}
	if left, ok := remaining(own(p), elapsed); ok {
		parts = append(parts, "about "+clock(left)+" left")
	}
	if speed := throughput(p, elapsed); speed != "" {
		parts = append(parts, speed)
	}
	return strings.Join(append(parts, bytesize(memory)), ", ")
}

// statusLine is the same with a bar, in at most width columns.
func statusLine(p engine.Progress, elapsed time.Duration, memory uint64, width int) string {
	head := fmt.Sprintf("%-25s ", place(p))
	tail := fmt.Sprintf(" %3.0f%%", 100*p.Share)
	if left, ok := remaining(own(p), elapsed); ok {
		tail += "  " + clock(left) + " left"
	}
	if speed := throughput(p, elapsed); speed != "" && width >= 80 {
		tail += "  " + speed
	}
	tail += "  " + bytesize(memory)
	cells := min(width-len(head)-len(tail)-3, 40)
	line := head + tail
	if cells >= 5 {
		full := int(p.Share * float64(cells))
		line = head + "[" + strings.Repeat("#", full) + strings.Repeat("-", cells-full) + "]" + tail
	}
	// A full last column would wrap on some terminals.
	return line[:max(0, min(len(line), width-1))]
}

// own is the share that is done of what this run has to do.
func own(p engine.Progress) float64 { return (p.Share - p.Skipped) / max(1-p.Skipped, 1e-9) }

// throughput is how many tokens a second go the whole way.
func throughput(p engine.Progress, elapsed time.Duration) string {
	if p.Tokens == 0 || p.Share < 0.01 || elapsed < time.Second {
		return ""
	}
	return fmt.Sprintf("%.3g tokens/s", float64(p.Tokens)*(p.Share-p.Skipped)/elapsed.Seconds())
}

// remaining extrapolates; too early there is nothing to extrapolate from.
func remaining(share float64, elapsed time.Duration) (time.Duration, bool) {
	if share < 0.01 || elapsed < time.Second {
		return 0, false
	}
	left := time.Duration(float64(elapsed) * (1 - share) / share)
	if left > time.Minute {
		return left.Round(10 * time.Second), true
	}
	return left.Round(time.Second), true
}

// clock writes 83 seconds as 1:23.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// resident is the memory in use: on Linux the process's, the backend's included,
// elsewhere what Go has from the system.
func resident() uint64 {
	if raw, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(raw)); len(f) > 1 {
			if pages, err := strconv.ParseUint(f[1], 10, 64); err == nil {
				return pages * uint64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}

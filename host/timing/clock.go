// Package timing says where a run's time goes, phase by phase.
//
// The wall time between two events, and the processor time that the process took in
// it, are divided among the phases that are at work there: whatever runs side by
// side, the parts add up to the whole. It is for people who look for what is slow, not
// for programs: on a machine that others share, the figures are theirs too.
package timing

import (
	"sync"
	"time"
)

// Phase is a kind of work.
type Phase string

// The phases of a run, in the order in which Table has them.
const (
	Load     Phase = "load" // shown as Read and Decode
	Read     Phase = "read"
	Decode   Phase = "decode"
	Compile  Phase = "compile"
	Forward  Phase = "forward"
	Head     Phase = "head"
	Backward Phase = "backward"
	S        Phase = "S"
	Windows  Phase = "windows"
	SVD      Phase = "SVD"
	Write    Phase = "write"
	Other    Phase = "other"
)

var order = []Phase{Read, Decode, Compile, Forward, Head, Backward, S, Windows, SVD, Write, Other}

// Clock adds up. A nil one does nothing. It is safe for concurrent use.
type Clock struct {
	mu           sync.Mutex
	last         moment
	active       map[Phase]int
	running      int
	spent        map[Phase]*Spent
	reads, loads time.Duration
}

// Spent is a phase's part of the run.
type Spent struct {
	Phase     Phase
	Wall, CPU time.Duration
}

// moment is a point in time.
type moment struct {
	wall time.Time
	cpu  time.Duration
}

func now() moment { return moment{time.Now(), processorTime()} }

// Start begins to count.
func Start() *Clock {
	return &Clock{last: now(), active: make(map[Phase]int), spent: make(map[Phase]*Spent)}
}

// Begin says that work of a phase begins; the function that it returns, that it ends.
func (c *Clock) Begin(p Phase) (end func()) {
	if c == nil {
		return func() {}
	}
	c.change(p, 1)
	return func() { c.change(p, -1) }
}

func (c *Clock) change(p Phase, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	c.active[p] += by
	c.running += by
}

// advance gives the time since the last event to what was at work.
func (c *Clock) advance() {
	t := now()
	wall, cpu := t.wall.Sub(c.last.wall), t.cpu-c.last.cpu
	c.last = t
	if c.running == 0 {
		c.add(Other, wall, cpu)
		return
	}
	for p, n := range c.active {
		if n > 0 {
			c.add(p, wall*time.Duration(n)/time.Duration(c.running), cpu*time.Duration(n)/time.Duration(c.running))
		}
	}
}

func (c *Clock) add(p Phase, wall, cpu time.Duration) {
	s := c.spent[p]
	if s == nil {
		s = &Spent{Phase: p}
		c.spent[p] = s
	}
	s.Wall += wall
	s.CPU += cpu
}

// Loaded says how much of some loading was waiting for a file.
func (c *Clock) Loaded(read, whole time.Duration) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads += read
	c.loads += whole
}

// Table is what each phase has taken until now, without those that took nothing.
func (c *Clock) Table() []Spent {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	parts := make(map[Phase]Spent)
	for p, s := range c.spent {
		parts[p] = *s
	}
	if load, ok := parts[Load]; ok {
		share := float64(min(c.reads, c.loads)) / float64(max(c.loads, 1))
		// Waiting takes no processor time.
		parts[Read] = Spent{Phase: Read, Wall: time.Duration(share * float64(load.Wall))}
		parts[Decode] = Spent{Phase: Decode, Wall: load.Wall - parts[Read].Wall, CPU: load.CPU}
	}
	var all []Spent
	for _, p := range order {
		if s := parts[p]; s.Wall > 0 || s.CPU > 0 {
			all = append(all, s)
		}
	}
	return all
}

package engine

import (
	"fmt"
	"sync"
)

// graphsKept is how many compiled graphs outlive the layer that they ran in.
const graphsKept = 128

// cache keeps compiled graphs by key. Graphs are freed only by trim, which the
// engine calls between layers, when none is running.
type cache struct {
	keep int

	mu      sync.Mutex
	clock   int
	entries map[graphKey]*entry
}

// graphKey names a graph: what it computes, of which program, at which sizes.
type graphKey struct {
	kind    string
	program *program
	sizes   [4]int
}

type entry struct {
	once sync.Once
	x    *executable
	err  error
	used int
}

func newCache(keep int) *cache {
	return &cache{keep: keep, entries: make(map[graphKey]*entry)}
}

// get returns the graph of a key, compiling it the first time. Others who ask for
// it meanwhile wait; those who ask for another graph do not.
func (c *cache) get(key graphKey, compile func(name string) (*executable, error)) (*executable, error) {
	c.mu.Lock()
	c.clock++
	e := c.entries[key]
	if e == nil {
		e = new(entry)
		c.entries[key] = e
	}
	e.used = c.clock
	c.mu.Unlock()
	e.once.Do(func() {
		name := key.kind
		if key.program != nil {
			name = key.program.name + " " + name
		}
		e.x, e.err = compile(fmt.Sprint(name, " ", key.sizes))
		if e.x != nil {
			e.x.phase = phaseOf(key.kind)
		}
	})
	return e.x, e.err
}

// trim frees the graphs that were used longest ago, down to the number kept.
func (c *cache) trim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.entries) > c.keep {
		var oldest graphKey
		first := true
		for key, e := range c.entries {
			if first || e.used < c.entries[oldest].used {
				oldest, first = key, false
			}
		}
		c.drop(oldest)
	}
}

// clear frees every graph.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.entries {
		c.drop(key)
	}
}

func (c *cache) drop(key graphKey) {
	if x := c.entries[key].x; x != nil {
		x.graph.Finalize()
	}
	delete(c.entries, key)
}

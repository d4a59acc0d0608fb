package engine

import (
	"strings"
	"time"

	"github.com/neuralnuggets/nugget/host/timing"
)

// phaseOf is the phase that a kind of graph belongs to.
func phaseOf(kind string) timing.Phase {
	switch {
	case strings.HasPrefix(kind, "gradient"):
		return timing.Backward
	case strings.HasPrefix(kind, "head"), kind == "loss", kind == "logits", kind == "unembedding's factors":
		return timing.Head
	case kind == "dW":
		return timing.S
	}
	return timing.Forward
}

// loading says that a weight is read and decoded, until the function that it returns
// is called.
func (e *Engine) loading() func() {
	if e.opts.Clock == nil {
		return func() {}
	}
	began, end := time.Now(), e.opts.Clock.Begin(timing.Load)
	return func() {
		e.loads.Add(int64(time.Since(began)))
		end()
	}
}

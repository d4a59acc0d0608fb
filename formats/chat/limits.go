package chat

import (
	"strings"
	"time"
)

// Limits against hostile templates. Real ones stay orders of magnitude below.
const (
	maxSource  = 1 << 20  // bytes of a template
	maxOutput  = 16 << 20 // bytes of the rendered text, and of any string on the way
	maxNesting = 100      // parentheses and blocks within one another, in the source
	maxChain   = 1000     // operators or postfixes in a row
	maxCalls   = 60       // macros within macros, at run time
	maxDepth   = 200      // lists and dicts within one another
	maxRange   = 100_000  // numbers of a range, as Jinja's sandbox has it
	workLimit  = 1 << 28  // units of work: a byte or an element touched is 1
	stepWork   = 16       // units of work of evaluating one node
	loopWork   = 64       // units of work of one more turn of a loop
	matchWork  = 4        // units of work of comparing two values
)

// run is one rendering: what is left of its limits, and its clock.
type run struct {
	work  int // units left
	calls int // macros entered
	now   time.Time
}

// spend takes n units of work.
func (r *run) spend(n int) error {
	if n < 0 || n > r.work {
		r.work = 0
		return failf("the template does too much work")
	}
	r.work -= n
	return nil
}

// str charges for a string about to be made from what has n bytes.
func (r *run) str(n int) error {
	if n > maxOutput {
		return failf("a text is longer than %d MB", maxOutput>>20)
	}
	return r.spend(n)
}

// output collects the text of the template or of a block.
type output struct {
	run *run
	strings.Builder
}

func (w *output) write(s string) error {
	if w.Len()+len(s) > maxOutput {
		return failf("the text is longer than %d MB", maxOutput>>20)
	}
	if err := w.run.spend(len(s)); err != nil {
		return err
	}
	w.WriteString(s)
	return nil
}

package report

import (
	"fmt"
	"strings"
)

// curve is a training's losses.
type curve struct {
	frame
	Path        string // of the steps' losses
	Dots        []dot  // of the evaluations
	EvalPath    string
	Axis        []seedNumber
	Steps       int
	First, Last float64
	Rows        []curveRow
	Bucket      int // steps whose mean a point or row is
}

type dot struct {
	X, Y float64
	Step int
	Loss float64
}

// curveRow is a line of the table.
type curveRow struct {
	Step int // the last of those it is the mean of
	Loss float64
}

// maxPoints is how many points a curve has and how many rows its table.
const maxPoints = 200

func newCurve(t *training) *curve {
	c := &curve{Steps: len(t.steps), Bucket: max(1, (len(t.steps)+maxPoints-1)/maxPoints)}
	for i := 0; i < len(t.steps); i += c.Bucket {
		part := t.steps[i:min(i+c.Bucket, len(t.steps))]
		sum := 0.0
		for _, p := range part {
			sum += p.loss
		}
		c.Rows = append(c.Rows, curveRow{part[len(part)-1].step, sum / float64(len(part))})
	}
	low, high, last := 0.0, 0.0, 1
	for i, r := range c.Rows {
		if i == 0 {
			low, high = r.Loss, r.Loss
		}
		low, high, last = min(low, r.Loss), max(high, r.Loss), max(last, r.Step)
	}
	for i, e := range t.evals {
		if i == 0 && len(c.Rows) == 0 {
			low, high = e.loss, e.loss
		}
		low, high, last = min(low, e.loss), max(high, e.loss), max(last, e.step)
	}
	if low > 0 && low < high/2 {
		low = 0
	}
	c.frame = newFrame(low, high)
	x := func(step int) float64 { return pixel(c.Left + clip(float64(step)/float64(last))*(c.Right-c.Left)) }
	var path, evals strings.Builder
	for i, r := range c.Rows {
		fmt.Fprintf(&path, "%c%v %v", "ML"[min(i, 1)], x(r.Step), c.y(r.Loss))
	}
	for i, e := range t.evals {
		c.Dots = append(c.Dots, dot{x(e.step), c.y(e.loss), e.step, e.loss})
		fmt.Fprintf(&evals, "%c%v %v", "ML"[min(i, 1)], x(e.step), c.y(e.loss))
	}
	c.Path, c.EvalPath = path.String(), evals.String()
	for _, v := range ticks(0, float64(last)) {
		if v == float64(int(v)) {
			c.Axis = append(c.Axis, seedNumber{x(int(v)), grouped(int(v))})
		}
	}
	if n := len(t.steps); n > 0 {
		c.First, c.Last = t.steps[0].loss, t.steps[n-1].loss
	}
	return c
}

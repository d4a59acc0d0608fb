package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/neuralnuggets/nugget/host/transfer"
)

// frame is where a chart's values are drawn, with the axis of the values.
type frame struct {
	Width, Height            float64 // of the whole drawing
	Left, Right, Top, Bottom float64 // of the inside
	Ticks                    []tick
	low, high                float64
}

// tick is a line across the chart.
type tick struct {
	Y    float64
	Text string
}

// newFrame makes one for values from low to high.
func newFrame(low, high float64) frame {
	f := frame{Width: 760, Height: 260, Left: 64, Right: 752, Top: 24, Bottom: 226, low: low, high: high}
	if !(high > low) {
		f.high = low + 1
	}
	for _, v := range ticks(f.low, f.high) {
		f.Ticks = append(f.Ticks, tick{f.y(v), number(v)})
	}
	return f
}

func (f frame) y(v float64) float64 {
	return pixel(f.Bottom - clip((v-f.low)/(f.high-f.low))*(f.Bottom-f.Top))
}

// Middle is for what is centred.
func (f frame) Middle() float64 { return (f.Left + f.Right) / 2 }

// layerChart is the sensitivities of the teacher's layers.
type layerChart struct {
	frame
	Bars  []layerBar
	Every int // layers a number on the axis
}

type layerBar struct {
	Layer     int
	Score     float64
	Share     float64 // of all layers' together
	Students  string  // the student's layers it is given to; "": it was not chosen
	Link      string  // to the first of them
	X, Y      float64
	W, H      float64
	Middle    float64
	Numbered  bool
	LabelFits bool
}

func newLayerChart(t *transfer.Report) *layerChart {
	if len(t.LayerScores) == 0 {
		return nil
	}
	total := 0.0
	for _, s := range t.LayerScores {
		total += s
	}
	c := &layerChart{frame: newFrame(0, slices.Max(t.LayerScores)), Every: 1}
	slot := (c.Right - c.Left) / float64(len(t.LayerScores))
	for float64(c.Every)*slot < 20 {
		c.Every++
	}
	for i, s := range t.LayerScores {
		b := layerBar{Layer: i, Score: s, X: pixel(c.Left + slot*(float64(i)+0.12)), W: max(pixel(slot*0.76), 0.5), Y: c.y(s)}
		b.H, b.Middle, b.Numbered = pixel(c.Bottom-b.Y), pixel(b.X+b.W/2), i%c.Every == 0
		if total > 0 {
			b.Share = s / total
		}
		var students []string
		for k, l := range t.Layers {
			if l == i {
				if students == nil {
					b.Link = fmt.Sprintf("layer-%d", k)
				}
				students = append(students, fmt.Sprint(k))
			}
		}
		b.Students = strings.Join(students, ", ")
		b.LabelFits = float64(len(b.Students))*7 <= slot
		c.Bars = append(c.Bars, b)
	}
	return c
}

// Label says what a bar shows.
func (b layerBar) Label() string {
	s := fmt.Sprintf("Teacher layer %d: sensitivity %s, %s of all layers'", b.Layer, number(b.Score), percent(b.Share))
	if b.Students == "" {
		return s + ", not chosen"
	}
	if strings.Contains(b.Students, ",") {
		return s + ", chosen for student layers " + b.Students
	}
	return s + ", chosen for student layer " + b.Students
}

// spectrum is a module's singular values.
type spectrum struct {
	Values        []float32
	Width, Height float64
	Path          string // the bars
	Label         string
}

// newSpectrum draws them; nil: there are none.
func newSpectrum(values []float32, energy float64) *spectrum {
	if len(values) == 0 {
		return nil
	}
	s := &spectrum{Values: values, Width: drawing, Height: 44}
	first := float64(slices.Max(values))
	n := min(len(values), 64) // more would be thinner than they can be seen
	slot := s.Width / float64(n)
	var b strings.Builder
	for i := range n {
		h := 0.0
		if first > 0 {
			h = pixel(float64(values[i*len(values)/n]) / first * s.Height)
		}
		fmt.Fprintf(&b, "M%v %vv%vh%vv%vz", pixel(float64(i)*slot), s.Height, -h, max(pixel(slot*0.8), 0.5), h)
	}
	s.Path = b.String()
	s.Label = fmt.Sprintf("%s from %s down to %s; they keep %s of the window's energy",
		plural(len(values), "singular value"), number(float64(values[0])), number(float64(values[len(values)-1])), percent(energy))
	return s
}

// List is the values as text.
func (s *spectrum) List() string {
	words := make([]string, len(s.Values))
	for i, v := range s.Values {
		words[i] = number(float64(v))
	}
	return strings.Join(words, ", ")
}

// seedChart is the teacher's loss on each seed.
type seedChart struct {
	frame
	Path   string // the bars
	MeanY  float64
	Mean   float64
	Losses []float64
	Axis   []seedNumber
}

type seedNumber struct {
	X    float64
	Text string
}

func newSeedChart(losses []float64) *seedChart {
	if len(losses) == 0 {
		return nil
	}
	c := &seedChart{frame: newFrame(0, slices.Max(losses)), Losses: losses, Mean: mean(losses)}
	c.MeanY = c.y(c.Mean)
	slot := (c.Right - c.Left) / float64(len(losses))
	var b strings.Builder
	for i, l := range losses {
		fmt.Fprintf(&b, "M%v %vV%vh%vV%vz", pixel(c.Left+slot*(float64(i)+0.12)), c.Bottom, c.y(l), max(pixel(slot*0.76), 0.2), c.Bottom)
		if every := max(1, len(losses)/16); i%every == 0 {
			c.Axis = append(c.Axis, seedNumber{pixel(c.Left + slot*(float64(i)+0.5)), fmt.Sprint(i + 1)})
		}
	}
	c.Path = b.String()
	return c
}

// maxSeeds is how many of them the table lists.
const maxSeeds = 1000

// Rows are the table's.
func (c *seedChart) Rows() []float64 { return c.Losses[:min(len(c.Losses), maxSeeds)] }

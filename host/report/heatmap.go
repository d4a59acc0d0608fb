package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
)

// heatMap is the picture of a matrix's sensitivity, with the window in it.
type heatMap struct {
	PNG           template.URL
	Width, Height float64 // of the drawing
	// Window is the window's place in it; nil: it does not hang together.
	Window *box
	Label  string
}

// BoxWidth and BoxHeight have room for the window's frame, which may lie on the edge.
func (m *heatMap) BoxWidth() float64  { return pixel(m.Width + 2*margin) }
func (m *heatMap) BoxHeight() float64 { return pixel(m.Height + 2*margin) }

const margin = 2.5

type box struct{ X, Y, Width, Height float64 }

// drawing is the longer side of a picture; the shorter is at least a third of it.
const drawing = 180

// newHeatMap draws the map behind a window; nil: there is none.
func newHeatMap(g grid, p part) *heatMap {
	if g.values == nil {
		return nil
	}
	m := &heatMap{PNG: picture(g), Width: drawing, Height: drawing}
	m.Label = fmt.Sprintf("Sensitivity of %s in %d × %d cells, up to %s times its mean.", p.Teacher, g.rows, g.cols, number(highest(g.values)))
	if len(p.Matrix) != 2 || min(p.Matrix[0], p.Matrix[1]) < 1 {
		return m
	}
	rows, cols := float64(p.Matrix[0]), float64(p.Matrix[1])
	m.Width = pixel(drawing * min(1, max(cols/rows, 1.0/3)))
	m.Height = pixel(drawing * min(1, max(rows/cols, 1.0/3)))
	if p.Row == nil || p.Col == nil {
		return m
	}
	x, y := float64(*p.Col)/cols, float64(*p.Row)/rows
	m.Window = &box{
		pixel(clip(x) * m.Width), pixel(clip(y) * m.Height),
		pixel(clip(float64(p.Cols)/cols) * m.Width), pixel(clip(float64(p.Rows)/rows) * m.Height),
	}
	m.Label += fmt.Sprintf(" The window, %s, holds %s of it.", p.Place(), percent(p.Share))
	return m
}

func clip(v float64) float64 { return min(max(v, 0), 1) }

func highest(values []float32) float64 {
	most := float32(0)
	for _, v := range values {
		most = max(most, v)
	}
	return float64(most)
}

// The colours go with the logarithm of a cell's mean over the matrix's: from 1/8 of it
// to 8 times it, in steps of an eighth octave.
const (
	octaves = 3
	shades  = 2*octaves*8 + 1
)

// shade is the number of a value's colour.
func shade(v float32) uint8 {
	if v <= 0 {
		return 0
	}
	return uint8(math.Round(min(max((math.Log2(float64(v))+octaves)/(2*octaves), 0), 1) * (shades - 1)))
}

// anchors are five colours of viridis (van der Walt and Smith 2015), which keeps its
// order in print and for the colour-blind.
var anchors = [][3]float64{{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}}

func palette() color.Palette {
	p := make(color.Palette, shades)
	for i := range p {
		at := float64(i) / (shades - 1) * float64(len(anchors)-1)
		k := min(int(at), len(anchors)-2)
		mix := func(c int) uint8 {
			return uint8(math.Round(anchors[k][c] + (at-float64(k))*(anchors[k+1][c]-anchors[k][c])))
		}
		p[i] = color.RGBA{mix(0), mix(1), mix(2), 255}
	}
	return p
}

// picture is a PNG of a pixel a cell.
func picture(g grid) template.URL {
	img := image.NewPaletted(image.Rect(0, 0, g.cols, g.rows), palette())
	for i, v := range g.values {
		img.Pix[i] = shade(v)
	}
	return encode(img)
}

func encode(img image.Image) template.URL {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, img); err != nil {
		panic(err) // memory takes it, and the image is ours
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
}

// scale explains the colours.
type scale struct{ PNG template.URL }

func newScale() scale {
	img := image.NewPaletted(image.Rect(0, 0, shades, 1), palette())
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	return scale{encode(img)}
}

package transfer

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/formats/seeds"
)

// record is a file of a run's folder: what was taken of a layer by the classes of the
// student's, or of the embeddings as class 0. Numbers come back as they were, to the
// last bit.
type record struct {
	Score float64
	Taken map[int][]*taken
}

// recordKey is the metadata's that has a record's text.
const recordKey = "taken"

// The record's text.
type (
	recordText struct {
		Score float64     `json:"score"`
		Taken []takenText `json:"taken"`
	}
	takenText struct {
		Class  int        `json:"class"`
		Of     int        `json:"of"` // how many the class has
		Nth    int        `json:"nth"`
		Energy float64    `json:"energy"`
		Parts  []partText `json:"parts"`
	}
	partText struct {
		Name    string `json:"name"`
		Teacher string `json:"teacher"`
		Window  Window `json:"window"`
		Heat    []int  `json:"heat"` // rows and columns; none: no map
	}
)

// tensorName names one of a taken's tensors.
func (t takenText) tensorName(what string) string {
	return fmt.Sprintf("%d.%d.%s", t.Class, t.Nth, what)
}

func (r record) write(f *os.File) error {
	text := recordText{Score: r.Score}
	var list []safetensors.Data
	for class, all := range r.Taken {
		for nth, t := range all {
			if t == nil {
				continue
			}
			x := takenText{Class: class, Of: len(all), Nth: nth, Energy: t.energy}
			add := func(what string, values []float32) {
				list = append(list, safetensors.Data{Name: x.tensorName(what), Shape: []int{len(values)}, Values: values})
			}
			add("b", t.b)
			add("a", t.a)
			add("sigma", t.sigma)
			for i, p := range t.parts {
				part := partText{Name: p.name, Teacher: p.teacher, Window: p.window}
				if p.heat.values != nil {
					part.Heat = []int{p.heat.rows, p.heat.cols}
					add(fmt.Sprintf("heat.%d", i), p.heat.values)
				}
				x.Parts = append(x.Parts, part)
			}
			text.Taken = append(text.Taken, x)
		}
	}
	slices.SortFunc(text.Taken, func(a, b takenText) int {
		if a.Class != b.Class {
			return a.Class - b.Class
		}
		return a.Nth - b.Nth
	})
	raw, err := json.Marshal(text)
	if err != nil {
		return err
	}
	return safetensors.Write(f, list, map[string]string{recordKey: string(raw)})
}

// factorSizes are how many entries B and A of a class's nth target have; ok is false where
// there is no such.
type factorSizes func(class, of, nth int) (b, a int, ok bool)

// factorSizes are those of the layers' targets.
func (p *plan) factorSizes(class, of, nth int) (b, a int, ok bool) {
	if class < 0 || class >= len(p.targets) || of != len(p.targets[class]) || nth < 0 || nth >= of {
		return 0, 0, false
	}
	m := p.targets[class][nth].module
	return m.Out * p.opts.Rank, m.In * p.opts.Rank, true
}

// embeddingSizes are those of the embeddings. The input embedding is taken as [d, vocab].
func (p *plan) embeddingSizes(class, of, nth int) (b, a int, ok bool) {
	if class != 0 || of != len(p.embeddings) || nth < 0 || nth >= of {
		return 0, 0, false
	}
	e := p.embeddings[nth]
	b, a = e.student.Out*p.opts.Rank, e.student.In*p.opts.Rank
	if e.lookup() {
		b, a = a, b
	}
	return b, a, true
}

// readRecord reads a record, without what was taken where of is nil.
func readRecord(path string, of factorSizes) (record, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return record{}, err
	}
	defer f.Close()
	var text recordText
	if err := json.Unmarshal([]byte(f.Metadata()[recordKey]), &text); err != nil {
		return record{}, fmt.Errorf("%s: metadata %q: %w", path, recordKey, err)
	}
	r := record{Score: text.Score, Taken: make(map[int][]*taken)}
	if of == nil {
		return r, nil
	}
	lengths := lengthsOf(f)
	for _, x := range text.Taken {
		b, a, ok := of(x.Class, x.Of, x.Nth)
		if !ok {
			return r, fmt.Errorf("%s: module %d of class %d is none of the student's", path, x.Nth, x.Class)
		}
		if r.Taken[x.Class] == nil {
			r.Taken[x.Class] = make([]*taken, x.Of)
		}
		t := &taken{factors: &factors{energy: x.Energy}}
		read := func(what string, n int) (values []float32) {
			name := x.tensorName(what)
			if found, ok := lengths[name]; err == nil && (!ok || n >= 0 && found != n) {
				err = fmt.Errorf("%s: tensor %q: found %d entries, expected %d", path, name, found, n)
			}
			if err == nil {
				values = make([]float32, lengths[name])
				err = f.ReadFloat32(name, 0, values)
			}
			return values
		}
		t.b, t.a, t.sigma = read("b", b), read("a", a), read("sigma", -1)
		for i, p := range x.Parts {
			part := partTaken{name: p.Name, teacher: p.Teacher, window: p.Window}
			if len(p.Heat) == 2 {
				part.heat = heat{p.Heat[0], p.Heat[1], read(fmt.Sprintf("heat.%d", i), p.Heat[0]*p.Heat[1])}
			}
			t.parts = append(t.parts, part)
		}
		if err != nil {
			return r, err
		}
		r.Taken[x.Class][x.Nth] = t
	}
	return r, nil
}

// lengthsOf are the entries of a file's F32 vectors.
func lengthsOf(f *safetensors.File) map[string]int {
	lengths := make(map[string]int)
	for _, t := range f.Tensors() {
		if len(t.Shape) == 1 && t.DType == "F32" {
			lengths[t.Name] = t.Shape[0]
		}
	}
	return lengths
}

// sampleName is a sample's tensor in a gradient's file.
func sampleName(sample int) string { return fmt.Sprint(sample) }

// openGradient reads what writeGradient wrote, a sample at a time.
func openGradient(path string, samples []seeds.Sample, hidden int) (func(int, []float32) error, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	lengths := lengthsOf(f)
	f.Close()
	if len(lengths) != len(samples) {
		return nil, fmt.Errorf("%s: found %d samples, expected %d", path, len(lengths), len(samples))
	}
	for i, s := range samples {
		if n := len(s.Tokens) * hidden; lengths[sampleName(i)] != n {
			return nil, fmt.Errorf("%s: tensor %q: found %d entries, expected %d", path, sampleName(i), lengths[sampleName(i)], n)
		}
	}
	return func(sample int, dst []float32) error {
		f, err := safetensors.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.ReadFloat32(sampleName(sample), 0, dst)
	}, nil
}

package transfer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
	"github.com/neuralnuggets/nugget/formats/seeds"
	"github.com/neuralnuggets/nugget/host/engine"
	"github.com/neuralnuggets/nugget/host/timing"
)

// The files of a run's folder, Options.Keep. Each is written beside its name, put on
// the disk and renamed, so that what is there is whole whenever the process ends.
const (
	keptRun      = "run.json"            // what the run is of; see subject
	keptOutside  = "outside.safetensors" // what was taken of the head before the layers
	keptLayer    = "layer-"              // NNN.safetensors: what was taken of a layer
	keptGradient = "gradient-"           // NNN.safetensors: the gradient of its input; the last one's alone stays
	keptEnding   = ".safetensors"
	keptPart     = ".part"
)

// keeper writes down what is done, layer by layer, so that another run goes on there.
// A nil keeper keeps nothing.
type keeper struct {
	dir     string
	marks   *fingerprints
	id      subject
	samples []seeds.Sample
	hidden  int
	message func(string)
	clock   *timing.Clock

	from  int  // the layer that the run goes on from; -1: it begins
	known bool // run.json says what id says
	lost  bool // a file could not be written: no more are
}

// newKeeper looks at what an earlier run has left.
func newKeeper(p *plan, samples []seeds.Sample, backend string, marks *fingerprints) (*keeper, error) {
	if p.opts.Keep == "" {
		return nil, nil
	}
	k := &keeper{dir: p.opts.Keep, marks: marks, samples: samples, hidden: p.teacher.Arch.Hidden, message: p.opts.Message, clock: p.opts.Engine.Clock}
	var err error
	if k.id, err = subjectOf(p, samples, backend); err != nil {
		return nil, err
	}
	done, err := kept(k.dir)
	if err != nil {
		return nil, err
	}
	k.from = done.layer
	if k.from < 0 {
		if err := os.Remove(filepath.Join(k.dir, keptOutside)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return k, nil
	}
	if k.from >= len(p.teacher.Arch.Layers) {
		return nil, k.cannot(fmt.Errorf("%s: is behind layer %d of a teacher with %d", k.path(keptGradient, k.from), k.from, len(p.teacher.Arch.Layers)))
	}
	then, err := readSubject(filepath.Join(k.dir, keptRun))
	if err != nil {
		return nil, k.cannot(err)
	}
	// The files' hashes are being taken; ready compares them.
	now := k.id
	now.hashesOf(then)
	if err := now.same(then); err != nil {
		return nil, k.cannot(fmt.Errorf("%s: %w", filepath.Join(k.dir, keptRun), err))
	}
	return k, nil
}

// cannot says what to do about a run that cannot be gone on with.
func (k *keeper) cannot(err error) error {
	return hint.With(err, "go on with the files and options of the beginning, or begin anew without "+k.dir)
}

func (k *keeper) path(kind string, layer int) string {
	return filepath.Join(k.dir, fmt.Sprintf("%s%03d%s", kind, layer, keptEnding))
}

// ready waits for the hashes of all files. Those of the earlier run must be the same;
// where there is none, they are written down.
func (k *keeper) ready() error {
	if k == nil || k.known {
		return nil
	}
	<-k.marks.done
	if k.marks.err != nil {
		return k.marks.err
	}
	k.id.hashes(k.marks)
	if k.from >= 0 {
		then, err := readSubject(filepath.Join(k.dir, keptRun))
		if err == nil {
			err = k.id.same(then)
		}
		if err != nil {
			return k.cannot(fmt.Errorf("%s: %w", filepath.Join(k.dir, keptRun), err))
		}
		k.known = true
		return nil
	}
	raw, err := json.MarshalIndent(k.id, "", " ")
	if err != nil {
		return err
	}
	k.known = true
	k.try(k.whole(filepath.Join(k.dir, keptRun), func(f *os.File) error {
		_, err := f.Write(append(raw, '\n'))
		return err
	}))
	return nil
}

// layer writes down that a layer is done.
func (k *keeper) layer(g engine.Group, score float64, classes map[int][]*taken, embeddings []*taken) error {
	if k == nil {
		return nil
	}
	if err := k.ready(); err != nil {
		return err
	}
	if k.lost {
		return nil
	}
	defer k.clock.Begin(timing.Write)()
	k.try(k.writeLayer(g, score, classes, embeddings))
	return nil
}

func (k *keeper) writeLayer(g engine.Group, score float64, classes map[int][]*taken, embeddings []*taken) error {
	// Nothing outside the layers is visited between them.
	outside := filepath.Join(k.dir, keptOutside)
	if _, err := os.Stat(outside); errors.Is(err, fs.ErrNotExist) {
		if err := k.whole(outside, record{Taken: map[int][]*taken{0: embeddings}}.write); err != nil {
			return err
		}
	}
	if err := k.whole(k.path(keptLayer, g.Layer), record{score, classes}.write); err != nil {
		return err
	}
	if err := k.whole(k.path(keptGradient, g.Layer), func(f *os.File) error { return k.writeGradient(f, g) }); err != nil {
		return err
	}
	err := os.Remove(k.path(keptGradient, g.Layer+1))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// writeGradient writes the gradient of a layer's input, a sample at a time.
func (k *keeper) writeGradient(f *os.File, g engine.Group) error {
	var list []safetensors.Tensor
	for i, s := range k.samples {
		list = append(list, safetensors.Tensor{Name: sampleName(i), DType: "F32", Shape: []int{len(s.Tokens) * k.hidden}})
	}
	w, err := safetensors.NewWriter(f, list, nil)
	if err != nil {
		return err
	}
	for i, s := range k.samples {
		values := make([]float32, len(s.Tokens)*k.hidden)
		if err := g.Gradient(i, values); err != nil {
			return err
		}
		if err := w.WriteFloat32(sampleName(i), 0, values); err != nil {
			return err
		}
	}
	return w.Close()
}

// try says that a file could not be written. The run needs none.
func (k *keeper) try(err error) {
	if err != nil && !k.lost {
		k.lost = true
		k.message(fmt.Sprintf("what is done from here on is not kept: %v", err))
	}
}

// whole writes a file that is there as a whole or not at all.
func (k *keeper) whole(path string, write func(*os.File) error) error {
	part := path + keptPart
	f, err := os.Create(part)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(part)
		return err
	}
	return os.Rename(part, path)
}

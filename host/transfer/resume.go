package transfer

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/host/engine"
)

// resume gives the visitor what an earlier run has taken, and the point to go on from;
// nil: from the beginning.
func (k *keeper) resume(v *visitor) (*engine.Point, error) {
	if k == nil || k.from < 0 {
		return nil, nil
	}
	point, err := k.replay(v)
	if err != nil {
		return nil, k.cannot(err)
	}
	return point, nil
}

func (k *keeper) replay(v *visitor) (*engine.Point, error) {
	gradient, err := openGradient(k.path(keptGradient, k.from), k.samples, k.hidden)
	if err != nil {
		return nil, err
	}
	// The scores alone say which layers' factors are needed.
	need := make(map[int]bool)
	for l := v.plan.depth.teacher - 1; l >= k.from; l-- {
		r, err := readRecord(k.path(keptLayer, l), nil)
		if err != nil {
			return nil, err
		}
		v.scores[l] = r.Score
		in, out := v.leading.offer(l, r.Score)
		need[l] = in
		delete(need, out)
	}
	for l, in := range need {
		if !in {
			continue
		}
		r, err := readRecord(k.path(keptLayer, l), v.plan.factorSizes)
		if err != nil {
			return nil, err
		}
		v.layers[l] = r.Taken
	}
	r, err := readRecord(filepath.Join(k.dir, keptOutside), v.plan.embeddingSizes)
	if err != nil {
		return nil, err
	}
	copy(v.embeddings, r.Taken[0])
	return &engine.Point{Layer: k.from, Gradient: gradient}, nil
}

// progress is how far a run has come.
type progress struct {
	layer  int // the last one done; -1: none
	layers int // the teacher's; 0: not known
}

// kept reads it from a run's folder.
func kept(dir string) (progress, error) {
	p := progress{layer: -1}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return p, err
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), keptGradient)
		number, whole := strings.CutSuffix(number, keptEnding)
		if l, err := strconv.Atoi(number); ok && whole && err == nil && (p.layer < 0 || l < p.layer) {
			p.layer = l
		}
	}
	if id, err := readSubject(filepath.Join(dir, keptRun)); err == nil {
		p.layers = id.Teacher.Layers
	}
	return p, nil
}

// Kept is how many of the teacher's layers are done in a run's folder, and how many
// there are.
func Kept(dir string) (done, layers int, err error) {
	p, err := kept(dir)
	if err != nil || p.layer < 0 {
		return 0, p.layers, err
	}
	return max(p.layers-p.layer, 0), p.layers, nil
}

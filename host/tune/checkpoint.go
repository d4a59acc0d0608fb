package tune

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// The files of a checkpoint beside its adapter. In StateFile "inputs" are Training's.
const (
	StateFile   = "state.json"
	averageFile = "optimizer.safetensors"
)

const (
	checkpointPrefix = "checkpoint-"
	stagePrefix      = ".saving-" // what is not whole yet, or no more
	stateFormat      = 1
	initFolder       = "init"
)

// state is what a checkpoint keeps beside the adapter and AdamW's averages: nothing
// else changes from step to step. The order of the samples follows from the step.
type state struct {
	Format  int               `json:"format"`
	Step    int               `json:"step"`
	Steps   int               `json:"steps"` // of the whole run
	Options Options           `json:"options"`
	Inputs  map[string]string `json:"inputs"`
	Result  Result            `json:"result"`
	// Interrupted says that the run was ended from outside here. It has no place in an
	// undisturbed run, and goes when a later checkpoint is there.
	Interrupted bool `json:"interrupted,omitempty"`
	// Scales are PEFT's scalings of the adapter that the run began with, where they are
	// not 1.
	Scales map[string]float32 `json:"scales,omitempty"`
}

func (r *trainer) checkpointPath(step int) string {
	return filepath.Join(r.Dir, checkpointPrefix+strconv.Itoa(step))
}

// save writes a checkpoint. It gets its name when all of it is on the disk; after an
// error the checkpoints before are as they were.
func (r *trainer) save() (err error) {
	r.tell("save", 0)
	defer r.tell("train", 0)
	path := r.checkpointPath(r.done)
	if err := r.metrics.sync(); err != nil {
		return err
	}
	stage := filepath.Join(r.Dir, stagePrefix+strconv.Itoa(r.done))
	defer func() {
		if err != nil {
			os.RemoveAll(stage)
			err = fmt.Errorf("%s cannot be saved: %w", path, err)
			if r.saved > 0 {
				err = hint.With(err, fmt.Sprintf("%s is whole; --resume goes on from there", r.checkpointPath(r.saved)))
			}
		}
	}()
	if err := os.Mkdir(stage, 0o777); err != nil {
		return err
	}
	if err := r.writeAdapter(stage); err != nil {
		return err
	}
	if err := r.writeState(stage); err != nil {
		return err
	}
	if err := syncTree(stage); err != nil {
		return err
	}
	if err := os.Rename(stage, path); err != nil {
		return err
	}
	r.saved = r.done
	if err := syncPath(r.Dir); err != nil {
		return err
	}
	return r.prune()
}

// writeAdapter writes the files of the adapter for the unmodified student, and of what
// was trained where that is another.
func (r *trainer) writeAdapter(dir string) error {
	if r.Start.Negative == nil {
		return peft.Write(dir, r.adapter)
	}
	plain, err := peft.Convert(r.adapter, opposite(r.Start.Negative))
	if err != nil {
		return err
	}
	if err := peft.Write(dir, plain); err != nil || r.Start.Fold {
		return err
	}
	sub := filepath.Join(dir, initFolder)
	if err := os.Mkdir(sub, 0o777); err != nil {
		return err
	}
	return peft.Write(sub, r.adapter)
}

// opposite changes the sign of A.
func opposite(a *peft.Adapter) *peft.Adapter {
	out := *a
	out.Modules = nil
	for _, m := range a.Modules {
		neg := make([]float32, len(m.A))
		for i, v := range m.A {
			neg[i] = -v
		}
		m.A = neg
		out.Modules = append(out.Modules, m)
	}
	return &out
}

func (r *trainer) writeState(dir string) error {
	s := state{Format: stateFormat, Step: r.done, Steps: r.total, Options: r.Options, Inputs: r.Inputs, Result: r.result, Interrupted: r.ended}
	var averages []safetensors.Data
	for _, p := range r.parameters {
		shape := []int{len(p.value)}
		averages = append(averages,
			safetensors.Data{Name: p.name + ".exp_avg", Shape: shape, Values: p.mean},
			safetensors.Data{Name: p.name + ".exp_avg_sq", Shape: shape, Values: p.square})
		if p.scale != 1 {
			if s.Scales == nil {
				s.Scales = make(map[string]float32)
			}
			s.Scales[p.name] = p.scale
		}
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, StateFile), append(text, '\n'), 0o666); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, averageFile))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := safetensors.Write(f, averages, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	return f.Close()
}

// prune removes the checkpoint of an interruption that the run has gone on from, and
// the oldest ones but for those to be kept.
func (r *trainer) prune() error {
	if r.interruption > 0 && r.interruption < r.done {
		if err := remove(r.checkpointPath(r.interruption)); err != nil {
			return err
		}
		r.interruption = 0
	}
	steps, err := checkpoints(r.Dir)
	if err != nil || r.Keep == 0 {
		return err
	}
	for len(steps) > r.Keep {
		if err := remove(r.checkpointPath(steps[0])); err != nil {
			return err
		}
		steps = steps[1:]
	}
	return nil
}

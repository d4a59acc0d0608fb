package tune

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// checkpoints are the steps of the checkpoints in a folder, ascending.
func checkpoints(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var steps []int
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), checkpointPrefix)
		if step, err := strconv.Atoi(number); ok && err == nil && strconv.Itoa(step) == number {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps, nil
}

// begin takes up the newest checkpoint, where the run is to go on, and the metrics.
func (r *trainer) begin() error {
	if err := removeStages(r.Dir); err != nil {
		return err
	}
	if r.Resume {
		steps, err := checkpoints(r.Dir)
		if err != nil {
			return err
		}
		if len(steps) > 0 {
			path := r.checkpointPath(steps[len(steps)-1])
			if err := r.resume(path); err != nil {
				return err
			}
		}
	}
	var err error
	r.metrics, err = openMetrics(filepath.Join(r.Dir, metricsFile), r.done)
	return err
}

// resume takes up a checkpoint.
func (r *trainer) resume(path string) error {
	s, err := readState(filepath.Join(path, StateFile))
	if err == nil {
		if err := r.same(path, s); err != nil {
			return hint.With(err, "go on with the settings and files of the beginning, or begin anew with --force or another --out")
		}
		err = r.take(path, s)
	}
	return hint.With(err, "without the folder "+path+" --resume goes on from the checkpoint before it, or from the beginning")
}

// take reads a checkpoint.
func (r *trainer) take(path string, s *state) error {
	a, err := peft.Read(path)
	if err != nil {
		return err
	}
	if err := r.takeAdapter(a); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := r.takeAverages(filepath.Join(path, averageFile)); err != nil {
		return err
	}
	for _, p := range r.parameters {
		p.scale = 1
		if scale, ok := s.Scales[p.name]; ok {
			p.scale = scale
		}
	}
	r.done, r.saved, r.result = s.Step, s.Step, s.Result
	if s.Interrupted {
		r.interruption = s.Step
	}
	r.progress.Loss = s.Result.Loss
	return nil
}

func readState(path string) (*state, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.Format != stateFormat {
		return nil, fmt.Errorf("%s: found format %d, expected %d", path, s.Format, stateFormat)
	}
	return &s, nil
}

// same refuses a checkpoint of another run.
func (r *trainer) same(path string, s *state) error {
	then, err := fields(s.Options)
	if err != nil {
		return err
	}
	now, err := fields(r.Options)
	if err != nil {
		return err
	}
	for _, f := range now {
		for _, t := range then {
			if f[0] == t[0] && f[1] != t[1] {
				return fmt.Errorf("%s: was made with %s %s, found %s", path, strings.ReplaceAll(f[0], "_", " "), t[1], f[1])
			}
		}
	}
	for _, name := range sortedKeys(r.Inputs) {
		if s.Inputs[name] != r.Inputs[name] {
			return fmt.Errorf("%s: was made with %s %s, found %s", path, name, orNone(s.Inputs[name]), orNone(r.Inputs[name]))
		}
	}
	if s.Steps != r.total || s.Step < 1 || s.Step > r.total {
		return fmt.Errorf("%s: is step %d of %d, found a run of %d", path, s.Step, s.Steps, r.total)
	}
	return nil
}

// fields are an object's names and values in order.
func fields(v any) ([][2]string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var list [][2]string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		list = append(list, [2]string{name.(string), string(value)})
	}
	return list, nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// takeAdapter copies a checkpoint's factors into the parameters. Where there is a
// negative they are the first of two parts.
func (r *trainer) takeAdapter(a *peft.Adapter) error {
	rank := r.adapter.Rank
	if r.Start.Negative != nil {
		rank += r.Start.Negative.Rank
	}
	if a.Rank != rank || len(a.Modules) != len(r.adapter.Modules) {
		return fmt.Errorf("found %d modules of rank %d, expected %d of rank %d", len(a.Modules), a.Rank, len(r.adapter.Modules), rank)
	}
	for i := range r.adapter.Modules {
		to, from := &r.adapter.Modules[i], &a.Modules[i]
		if to.Path != from.Path || to.Embedding != from.Embedding || to.Out != from.Out || to.In != from.In {
			return fmt.Errorf("found %s [%d, %d], expected %s [%d, %d]", from.Path, from.Out, from.In, to.Path, to.Out, to.In)
		}
		copy(to.A, from.A)
		for o := range to.Out {
			copy(to.B[o*r.adapter.Rank:(o+1)*r.adapter.Rank], from.B[o*a.Rank:])
		}
	}
	return nil
}

func (r *trainer) takeAverages(path string) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sizes := make(map[string]int)
	for _, t := range f.Tensors() {
		if len(t.Shape) == 1 && t.DType == "F32" {
			sizes[t.Name] = t.Shape[0]
		}
	}
	for _, p := range r.parameters {
		for name, dst := range map[string][]float32{p.name + ".exp_avg": p.mean, p.name + ".exp_avg_sq": p.square} {
			if n, ok := sizes[name]; !ok || n != len(dst) {
				return fmt.Errorf("%s: tensor %q: found %d entries, expected %d", path, name, n, len(dst))
			}
			if err := f.ReadFloat32(name, 0, dst); err != nil {
				return err
			}
		}
	}
	return nil
}

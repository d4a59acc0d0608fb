package tune

import (
	"errors"
	"fmt"
	"strings"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/engine"
)

// shift counts a sample's index from the start of a step instead of a batch.
func shift(err error, first int) error {
	var s *engine.SampleError
	if errors.As(err, &s) {
		s.Sample += first
	}
	return err
}

// notFinite is an error about numbers that no single sample is known to bring.
type notFinite struct{ text string }

func (e *notFinite) Error() string { return e.text }

// failure says what went wrong at what, with samples of some data. Of numbers that are
// no longer finite it names the sample's line, or all lines, and the last good
// checkpoint; of anything else the checkpoint to go on from. Samples are checked before
// a run, so there the engine blames one only for its numbers.
func (r *trainer) failure(what string, d Data, samples []engine.Sample, err error) error {
	var sample *engine.SampleError
	var number *notFinite
	if errors.As(err, &sample) || errors.As(err, &number) {
		where := d.lines(samples, &err)
		return r.lastGood(fmt.Errorf("%s: %s: %w", what, where, err))
	}
	err = fmt.Errorf("%s: %w", what, err)
	if r.saved > 0 && hint.Of(err) == "" {
		return hint.With(err, fmt.Sprintf("%s is whole; --resume goes on from there", r.checkpointPath(r.saved)))
	}
	return err
}

// lines names a sample that err is about, which then is about no sample any more.
func (d Data) lines(samples []engine.Sample, err *error) string {
	var s *engine.SampleError
	if errors.As(*err, &s) && s.Sample < len(samples) {
		*err = s.Err
		return fmt.Sprintf("%s line %d", d.Name, samples[s.Sample].Line)
	}
	var lines []string
	for _, s := range samples {
		lines = append(lines, fmt.Sprint(s.Line))
	}
	if len(lines) == 1 {
		return d.Name + " line " + lines[0]
	}
	return d.Name + " lines " + strings.Join(lines, ", ")
}

// lastGood tells what is left after a step that failed. A checkpoint is known to be good
// when a step was done from it: one of the very step that failed may be the cause.
func (r *trainer) lastGood(err error) error {
	steps, listing := checkpoints(r.Dir)
	for len(steps) > 0 && steps[len(steps)-1] >= r.done {
		steps = steps[:len(steps)-1]
	}
	if listing != nil || len(steps) == 0 {
		return hint.With(err, "there is no good checkpoint yet; a smaller --lr or other data may help")
	}
	return hint.With(err, fmt.Sprintf("the last good checkpoint is %s; a new run that begins with it, by --adapter, may do better with a smaller --lr",
		r.checkpointPath(steps[len(steps)-1])))
}

package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The files that nugget train leaves beside the adapter.
const (
	metricsFile = "metrics.jsonl"
	trainFile   = "train.json"
)

// training is what nugget train has noted down.
type training struct {
	steps    []point // loss of the batch before each step
	evals    []point // loss on the data kept back, after a step
	settings []row   // of train.json; none while the training goes on
}

type point struct {
	step int
	loss float64
}

// maxMetrics is far more than any training's.
const maxMetrics = 1 << 30

// readTraining reads a training's files; nil: there are none.
func readTraining(dir string) (*training, error) {
	path := filepath.Join(dir, metricsFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := readMetrics(io.LimitReader(f, maxMetrics))
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	path = filepath.Join(dir, trainFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err == nil {
		t.settings, err = flatten(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// readMetrics reads metrics.jsonl. Lines with neither loss are left for who knows them;
// a last line that a killed process has begun is none yet.
func readMetrics(r io.Reader) (*training, error) {
	t := &training{}
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		raw, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		var line struct {
			Step int
			Loss *float64
			Eval *float64 `json:"eval_loss"`
		}
		if err := json.Unmarshal(raw, &line); err != nil {
			return nil, fmt.Errorf("line %d: is no line of metrics: %w", n, err)
		}
		if line.Loss != nil {
			t.steps = append(t.steps, point{line.Step, *line.Loss})
		}
		if line.Eval != nil {
			t.evals = append(t.evals, point{line.Step, *line.Eval})
		}
	}
}

// row is a line of a table of names and values.
type row struct{ Name, Value string }

// maxDepth is how deep objects may lie in each other; what is deeper stays JSON.
const maxDepth = 8

// flatten lists an object's entries in their order, those of objects in it with both
// names.
func flatten(raw []byte) ([]row, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var rows []row
	err := flattenInto(&rows, d, nil)
	return rows, err
}

func flattenInto(rows *[]row, d *json.Decoder, names []string) error {
	if len(names) > maxDepth {
		var v json.RawMessage
		err := d.Decode(&v)
		*rows = append(*rows, row{strings.Join(names, ", "), string(v)})
		return err
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	add := func(value string) { *rows = append(*rows, row{strings.Join(names, ", "), value}) }
	switch token {
	case json.Delim('{'):
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			// What is added behind names must not be written over by the next.
			inner := append(names[:len(names):len(names)], strings.ReplaceAll(name.(string), "_", " "))
			if err := flattenInto(rows, d, inner); err != nil {
				return err
			}
		}
	case json.Delim('['):
		var values []string
		for d.More() {
			var v json.RawMessage
			if err := d.Decode(&v); err != nil {
				return err
			}
			values = append(values, string(v))
		}
		add(strings.Join(values, ", "))
	case nil:
		return nil
	default:
		add(fmt.Sprint(token))
		return nil
	}
	_, err = d.Token()
	return err
}

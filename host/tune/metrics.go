package tune

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const metricsFile = "metrics.jsonl"

// stepMetrics is a line of metrics.jsonl about one step.
type stepMetrics struct {
	Step    int     `json:"step"`
	Epoch   float64 `json:"epoch"` // that are done after the step
	Loss    float64 `json:"loss"`  // mean over the step's tokens that count, before the step
	Rate    float64 `json:"learning_rate"`
	Norm    float64 `json:"grad_norm"` // before clipping
	Samples int     `json:"samples"`
	Tokens  int     `json:"tokens"` // that count
}

// evalMetrics is a line about the evaluation after a step.
type evalMetrics struct {
	Step int `json:"step"`
	// EvalLoss is the mean of the samples' losses, as `nugget eval` prints it.
	EvalLoss float64 `json:"eval_loss"`
	// EvalTokenLoss is the mean over all their tokens that count.
	EvalTokenLoss float64 `json:"eval_token_loss"`
	EvalSamples   int     `json:"eval_samples"`
	EvalTokens    int     `json:"eval_tokens"`
}

// metrics is metrics.jsonl. It has no times, so that equal runs give equal bytes.
type metrics struct{ file *os.File }

// openMetrics opens the file to write behind what it says of the first done steps.
func openMetrics(path string, done int) (*metrics, error) {
	var kept []byte
	if done > 0 {
		raw, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		kept = until(raw, done)
	}
	// What is cut off is written again: a whole file takes the old one's place.
	part := filepath.Join(filepath.Dir(path), stagePrefix+metricsFile)
	if err := os.WriteFile(part, kept, 0o666); err != nil {
		return nil, err
	}
	if err := os.Rename(part, path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	return &metrics{f}, nil
}

// until is the lines about steps up to done.
func until(raw []byte, done int) []byte {
	end := 0
	for end < len(raw) {
		n := bytes.IndexByte(raw[end:], '\n') + 1
		var line struct{ Step *int }
		if n == 0 || json.Unmarshal(raw[end:end+n], &line) != nil || line.Step == nil || *line.Step > done {
			break
		}
		end += n
	}
	return raw[:end]
}

func (m *metrics) write(line any) error {
	raw, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if _, err := m.file.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("the metrics cannot be written: %w", err)
	}
	return nil
}

func (m *metrics) sync() error { return m.file.Sync() }

func (m *metrics) close() { m.file.Close() }

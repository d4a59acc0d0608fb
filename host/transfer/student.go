package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// maxReport is far more than any transfer.json takes.
const maxReport = 256 << 20

// FindReport is the path of the transfer.json of the transfer that an adapter is of: in
// its own folder, or for the paper's init and negative in the folder above. "": there is
// none.
func FindReport(adapter string) (string, error) {
	dirs := []string{adapter}
	if clean := filepath.Clean(adapter); filepath.Base(clean) == "init" || filepath.Base(clean) == "negative" {
		dirs = append(dirs, filepath.Dir(clean))
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, ReportFile)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", nil
}

// ReadReport reads what FindReport finds; nil: nothing.
func ReadReport(adapter string) (*Report, error) {
	path, err := FindReport(adapter)
	if path == "" {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxReport+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxReport {
		return nil, fmt.Errorf("%s: is longer than %d bytes", path, maxReport)
	}
	r := &Report{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("%s: is no report of a transfer: %w", path, err)
	}
	return r, nil
}

// Identify is what transfer.json has of a model: what it is, and its fingerprint.
func Identify(ctx context.Context, m Model) (ModelReport, error) {
	r := describe(m)
	files, err := filesOf(ctx, m.Checkpoint)
	if err != nil {
		return r, err
	}
	r.Files, r.SHA256 = files, whole(files)
	return r, nil
}

// Likeness is how alike two checkpoints are, by their fingerprints.
type Likeness struct {
	// Comparable is false for a folder and a GGUF file: their bytes say nothing of each
	// other.
	Comparable bool `json:"comparable"`
	Weights    bool `json:"weights"` // the same files of weights, by whatever name
	Config     bool `json:"config"`  // the same config.json
	// Differ are the second's files that the first does not have.
	Differ []string `json:"differ"`
}

// Compare compares two fingerprints.
func Compare(a, b ModelReport) Likeness {
	l := Likeness{Comparable: a.Format == b.Format && len(a.Files) > 0 && len(b.Files) > 0, Differ: []string{}}
	if !l.Comparable {
		return l
	}
	has := make(map[string]bool)
	for _, f := range a.Files {
		has[f.SHA256] = true
	}
	for _, f := range b.Files {
		if !has[f.SHA256] {
			l.Differ = append(l.Differ, f.Name)
		}
	}
	l.Weights = slices.Equal(hashes(a, true), hashes(b, true))
	l.Config = slices.Equal(hashes(a, false), hashes(b, false))
	return l
}

// hashes are those of the files of weights or of configuration, sorted. How weights are
// divided into shards is no property of theirs, but is not looked at.
func hashes(m ModelReport, weights bool) []string {
	var list []string
	for _, f := range m.Files {
		ext := filepath.Ext(f.Name)
		if isWeights := ext == ".safetensors" || ext == ".gguf"; isWeights == weights && (weights || f.Name == "config.json") {
			list = append(list, f.SHA256)
		}
	}
	slices.Sort(list)
	return list
}

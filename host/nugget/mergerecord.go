package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// mergeRecord is merge.json: what was merged into what. It has no times and nothing of
// the machine, so equal runs give equal bytes.
type mergeRecord struct {
	Version string               `json:"version"` // of nugget
	Model   transfer.ModelReport `json:"model"`
	Adapter mergedAdapter        `json:"adapter"`
	Changed int                  `json:"changed"` // tensors
	Tensors int                  `json:"tensors"`
	DType   string               `json:"dtype,omitempty"`  // of a GGUF file's conversion
	Before  *mergeRecord         `json:"before,omitempty"` // what the model was merged from
}

// mergedAdapter identifies an adapter.
type mergedAdapter struct {
	Path    string          `json:"path"` // as it was named
	Form    string          `json:"form"`
	Rank    int             `json:"rank"`
	Modules int             `json:"modules"`
	Files   []transfer.File `json:"files"`
}

// readMergeRecord reads a model's merge.json; nil: it has none.
func readMergeRecord(model string) (*mergeRecord, error) {
	path := filepath.Join(model, peft.MergeFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		if info, statErr := os.Stat(model); statErr == nil && !info.IsDir() || errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	r := &mergeRecord{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("%s: is no record of a merge: %w", path, err)
	}
	return r, nil
}

func (r *mergeRecord) write(dir string) error {
	f, err := os.Create(filepath.Join(dir, peft.MergeFile))
	if err != nil {
		return err
	}
	if err := writeJSON(f, r); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// adapterFiles are the fingerprints of an adapter's two files.
func adapterFiles(ctx context.Context, dir string) ([]transfer.File, error) {
	var files []transfer.File
	for _, name := range []string{peft.ConfigFile, peft.WeightsFile} {
		sum, err := transfer.HashFile(ctx, filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files = append(files, transfer.File{Name: name, SHA256: sum})
	}
	return files, nil
}

// sameFiles compares the weights: the settings' order may have changed.
func sameFiles(a, b []transfer.File) bool {
	weights := func(f transfer.File) bool { return f.Name == peft.WeightsFile }
	i, k := slices.IndexFunc(a, weights), slices.IndexFunc(b, weights)
	return i >= 0 && k >= 0 && a[i].SHA256 == b[k].SHA256
}

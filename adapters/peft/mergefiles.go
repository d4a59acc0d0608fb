package peft

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// chatTemplates is the one folder of a model's that belongs to it (transformers,
// utils/hub.py).
const chatTemplates = "additional_chat_templates"

// copyRest copies the files of a model's folder that are no weights: configuration,
// tokenizer, chat templates, code, licence. Links become files. known are the model's
// files of configuration and weights.
func copyRest(ctx context.Context, from, to string, known []string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(from, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil && slices.Contains(known, path):
			return err
		case err != nil: // a link to nothing
		case info.IsDir() && e.Name() == chatTemplates:
			if err := os.Mkdir(filepath.Join(to, e.Name()), 0o777); err != nil {
				return err
			}
			if err := copyRest(ctx, path, filepath.Join(to, e.Name()), nil); err != nil {
				return err
			}
		case !info.Mode().IsRegular() || strings.HasPrefix(e.Name(), "."):
		case belongs(e.Name(), slices.Contains(known, path)):
			if err := copyFile(path, filepath.Join(to, e.Name())); err != nil {
				return err
			}
		}
	}
	return copyIndices(from, to, known)
}

// belongs tells what goes with a merged model from weights, and from what is about
// adapters: transformers would load one that lies in the model's folder on top of it.
func belongs(name string, known bool) bool {
	switch {
	case filepath.Ext(name) == ".safetensors":
		return false
	case known:
		return true
	}
	return !weights(name) && name != ConfigFile && name != MergeFile
}

// MergeFile is what the command leaves in a merged model: what was merged into what.
const MergeFile = "merge.json"

// copyIndices copies known files that lie deeper, next to their shards.
func copyIndices(from, to string, known []string) error {
	for _, path := range known {
		name, err := filepath.Rel(from, path)
		if err != nil || filepath.Ext(path) == ".safetensors" || filepath.Dir(name) == "." {
			continue
		}
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o777); err != nil {
			return err
		}
		if err := copyFile(path, filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFile(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}

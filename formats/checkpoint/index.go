package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// weightMap is an index's map from tensors to the files that hold them.
type weightMap map[string]string

// readIndex reads a model.safetensors.index.json.
func readIndex(path string) (weightMap, error) {
	data, err := readFile(path, maxIndex)
	if err != nil {
		return nil, err
	}
	return parseIndex(data)
}

func parseIndex(data []byte) (weightMap, error) {
	top, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	raw, ok := top.get("weight_map")
	if !ok {
		return nil, errors.New("has no weight_map")
	}
	var m weightMap
	if err := json.Unmarshal(raw, &m); err != nil || len(m) == 0 {
		return nil, errors.New("weight_map: expected an object of tensors and their files")
	}
	for _, tensor := range m.tensors() {
		// The index is untrusted: it may not lead out of the folder.
		if name := m[tensor]; !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("weight_map: tensor %q: found file %q, expected one in the folder", tensor, name)
		}
	}
	return m, nil
}

// tensors are the names, sorted.
func (m weightMap) tensors() []string { return slices.Sorted(maps.Keys(m)) }

// files are the shards, sorted, each once.
func (m weightMap) files() []string { return slices.Compact(slices.Sorted(maps.Values(m))) }

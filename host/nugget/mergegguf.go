package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/neuralnuggets/nugget/adapters/peft"
	"github.com/neuralnuggets/nugget/formats/checkpoint"
	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/host/plugin"
	"github.com/neuralnuggets/nugget/host/transfer"
)

// mergeGGUF converts a GGUF file to a HuggingFace folder with the adapter in it. The
// architecture's plugin is asked about both: whatever config.json says otherwise than the
// file is an error.
func (a *app) mergeGGUF(ctx context.Context, plugins *plugin.Set, m transfer.Model, adapter, config, dir string, record *mergeRecord, progress func(done, total int64)) (*peft.Merged, error) {
	dtype, err := configType(filepath.Join(config, "config.json"))
	if err != nil {
		return nil, err
	}
	record.DType = dtype
	for _, t := range m.Checkpoint.Tensors() {
		if t.DType != "F32" && t.DType != "F16" && t.DType != "BF16" {
			a.ui.warning(fmt.Sprintf("%s has quantised weights (%s): they are decoded, and not those that it was made of", m.Name, t.DType))
			break
		}
	}
	check := func(dir string) error {
		ck, err := checkpoint.Open(dir)
		if err != nil {
			return err
		}
		defer ck.Close()
		described, err := plugins.Describe(ctx, ck)
		if err == nil {
			err = sameModel(m.Arch, described)
		}
		if err != nil {
			return hint.With(fmt.Errorf("%s does not describe the model in %s: %w", filepath.Join(config, "config.json"), m.Name, err),
				"--config names the folder of the HuggingFace version that the GGUF file was made of")
		}
		return nil
	}
	return peft.Export(ctx, adapter, m.Checkpoint, m.Arch, config, dtype, dir, check, progress)
}

// configType is the type that a config.json gives the weights; float32 if it gives none.
func configType(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", hint.With(fmt.Errorf("--config: %w", err), "the folder holds config.json and the tokenizer files of the model's HuggingFace version")
	}
	var c struct {
		DType string `json:"dtype"`
		Torch string `json:"torch_dtype"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return "", fmt.Errorf("%s: is no JSON object: %w", path, err)
	}
	if c.DType == "" {
		c.DType = c.Torch
	}
	switch c.DType {
	case "", "float32":
		return "F32", nil
	case "float16":
		return "F16", nil
	case "bfloat16":
		return "BF16", nil
	}
	return "", fmt.Errorf("%s: dtype: found %q, expected float32, float16 or bfloat16", path, c.DType)
}

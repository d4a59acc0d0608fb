package peft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/neuralnuggets/nugget/formats/safetensors"
)

// written is adapter_config.json: PEFT 0.6's keys, no more, in the order of their
// names, as PEFT writes them. Older versions refuse keys that they do not know.
type written struct {
	AlphaPattern      struct{}        `json:"alpha_pattern"`
	AutoMapping       *struct{}       `json:"auto_mapping"`
	BaseModel         *string         `json:"base_model_name_or_path"`
	Bias              string          `json:"bias"`
	FanInFanOut       bool            `json:"fan_in_fan_out"`
	InferenceMode     bool            `json:"inference_mode"`
	InitLoraWeights   bool            `json:"init_lora_weights"`
	LayersPattern     *string         `json:"layers_pattern"`
	LayersToTransform []int           `json:"layers_to_transform"`
	LoraAlpha         int             `json:"lora_alpha"`
	LoraDropout       json.RawMessage `json:"lora_dropout"`
	ModulesToSave     []string        `json:"modules_to_save"`
	PeftType          string          `json:"peft_type"`
	R                 int             `json:"r"`
	RankPattern       struct{}        `json:"rank_pattern"`
	Revision          *string         `json:"revision"`
	TargetModules     []string        `json:"target_modules"`
	TaskType          string          `json:"task_type"`
}

// Write writes adapter_config.json and adapter_model.safetensors into dir, which
// exists. Equal input, equal bytes.
func Write(dir string, a *Adapter) error {
	if err := a.check(); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	config, err := encodeConfig(a)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, ConfigFile), func(w io.Writer) error {
		_, err := w.Write(config)
		return err
	}); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, WeightsFile), func(w io.Writer) error {
		return safetensors.Write(w, tensors(a), map[string]string{"format": "pt"})
	})
}

func encodeConfig(a *Adapter) ([]byte, error) {
	c := written{
		Bias: "none", FanInFanOut: a.FanInFanOut, InferenceMode: true, InitLoraWeights: true,
		LoraAlpha: a.Rank, LoraDropout: json.RawMessage("0.0"), PeftType: "LORA", R: a.Rank, TaskType: "CAUSAL_LM",
	}
	if a.BaseModel != "" {
		c.BaseModel = &a.BaseModel
	}
	for _, m := range a.Modules {
		c.TargetModules = append(c.TargetModules, m.Path)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(c)
	return b.Bytes(), err
}

func tensors(a *Adapter) []safetensors.Data {
	var all []safetensors.Data
	for i := range a.Modules {
		m := &a.Modules[i]
		keyA, keyB := keysOf(m)
		all = append(all,
			safetensors.Data{Name: keyA, Shape: []int{a.Rank, m.In}, Values: m.A},
			safetensors.Data{Name: keyB, Shape: []int{m.Out, a.Rank}, Values: m.B})
		if m.Base != nil {
			all = append(all, safetensors.Data{Name: keyPrefix + m.Path + baseWeight, Shape: m.weightShape(), Values: m.Base})
		}
	}
	return all
}

// weightShape is the shape of the weight that the module changes.
func (m *Module) weightShape() []int {
	if m.Embedding {
		return []int{m.In, m.Out}
	}
	return []int{m.Out, m.In}
}

func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			os.Remove(path)
		}
	}()
	return write(f)
}

package peft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/neuralnuggets/nugget/formats/hint"
	"github.com/neuralnuggets/nugget/formats/wellformed"
)

// config is what an adapter_config.json says of how the weights are applied.
type config struct {
	baseModel   string
	rank        int
	alpha       float64
	rslora      bool
	fanInFanOut bool
	ranks       []pattern // rank_pattern, in the file's order
	alphas      []pattern // alpha_pattern
	targets     targets
	parameters  []string // target_parameters
	findings    []Finding

	// What PEFT does and this package does not.
	dora, loraBias, tokens bool
	bias                   string
	save                   []string // modules_to_save
}

// maxConfig is far more than any adapter_config.json takes.
const maxConfig = 64 << 20

// readConfig reads dir's adapter_config.json. What PEFT does not do, or this package
// cannot do exactly, is among the config's findings.
func readConfig(dir string) (*config, error) {
	path := filepath.Join(dir, ConfigFile)
	data, err := readAll(path)
	if err != nil {
		return nil, err
	}
	return parseConfig(path, data)
}

func parseConfig(path string, data []byte) (*config, error) {
	if err := wellformed.JSON(data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	names, values, err := object(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c := &config{rank: 8, alpha: 8, bias: "none"} // PEFT's defaults
	if _, ok := values["peft_type"]; !ok {
		return nil, hint.With(fmt.Errorf("%s: has no peft_type", path), "an adapter's folder is what PeftModel.save_pretrained writes")
	}
	for _, name := range names {
		if err := c.set(name, values[name]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, name, err)
		}
	}
	if c.rank < 1 {
		return nil, fmt.Errorf("%s: r: found %d, expected 1 or more", path, c.rank)
	}
	c.portability()
	return c, nil
}

func readAll(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(data) > maxConfig {
		err = fmt.Errorf("%s: is longer than %d bytes", path, maxConfig)
	}
	return data, err
}

// object is a JSON object's members with their names in order; of a name that comes
// twice the last value counts, as in Python.
func object(data []byte) ([]string, map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, fmt.Errorf("found no JSON object")
	}
	var names []string
	values := make(map[string]json.RawMessage)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		name := t.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, nil, err
		}
		if _, ok := values[name]; !ok {
			names = append(names, name)
		}
		values[name] = value
	}
	return names, values, nil
}

// set takes one setting.
func (c *config) set(name string, value json.RawMessage) error {
	switch name {
	case "peft_type":
		return c.only(name, value, "LORA", "adapters other than LoRA's are not supported")
	case "bias":
		return c.biases(value)
	case "target_parameters":
		return c.decodeParameters(value)
	case "use_dora", "lora_bias", "modules_to_save", "trainable_token_indices":
		return c.extra(name, value)
	case "base_model_name_or_path":
		var s *string
		if err := decode(value, &s); err != nil || s == nil {
			return err
		}
		c.baseModel = *s
	case "r":
		var r float64
		if err := decode(value, &r); err != nil {
			return err
		}
		if r != math.Trunc(r) || r > math.MaxInt32 {
			return fmt.Errorf("found %v, expected an integer", r)
		}
		c.rank = int(r)
	case "lora_alpha":
		return decode(value, &c.alpha)
	case "use_rslora":
		return decode(value, &c.rslora)
	case "fan_in_fan_out":
		return decode(value, &c.fanInFanOut)
	case "rank_pattern":
		return decodePatterns(value, &c.ranks)
	case "alpha_pattern":
		return decodePatterns(value, &c.alphas)
	case "init_lora_weights":
		return c.initialisation(value)
	case "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern":
		return c.targets.set(name, value)
	default:
		c.other(name, value)
	}
	return nil
}

// portability warns of what PEFT applies and other software does not, or not in full.
func (c *config) portability() {
	warn := func(name, found, expected string) {
		c.find(Finding{Rule: RulePortable, Module: name, Found: found, Expected: expected, PEFT: Applied, Warning: true})
	}
	if len(c.ranks) > 0 && len(c.parameters) == 0 {
		warn("rank_pattern", fmt.Sprintf("%d entries", len(c.ranks)), "none: vLLM and TGI ignore it")
	}
	if len(c.alphas) > 0 && len(c.parameters) == 0 {
		warn("alpha_pattern", fmt.Sprintf("%d entries", len(c.alphas)), "none: vLLM, llama.cpp and TGI ignore it")
	}
	if c.rslora {
		warn("use_rslora", "true", "false: llama.cpp ignores it")
	}
	if c.alpha != math.Trunc(c.alpha) {
		warn("lora_alpha", fmt.Sprint(c.alpha), "an integer")
	}
}

// scale is what B A is multiplied by (PEFT, LoraLayer.update_layer).
func (c *config) scale(path string) float64 {
	alpha := match(c.alphas, path, c.alpha)
	rank := match(c.ranks, path, float64(c.rank))
	if c.rslora {
		return alpha / math.Sqrt(rank)
	}
	return alpha / rank
}

// rankOf is the rank that PEFT gives a module.
func (c *config) rankOf(path string) int { return int(match(c.ranks, path, float64(c.rank))) }

// decode takes null for what is there already.
func decode(value json.RawMessage, to any) error {
	if err := json.Unmarshal(value, to); err != nil {
		return fmt.Errorf("found %s", shorten(value))
	}
	return nil
}
